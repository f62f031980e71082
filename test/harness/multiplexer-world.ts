import { expect } from "vitest";
import { Multiplexer } from "../../src/multiplex/multiplexer.ts";
import {
	errorOf,
	type Id,
	type Members,
	type Message,
	type Request,
	type Response,
	resultOf,
} from "../../src/protocol/messages.ts";
import { metaKey, metaOf } from "../../src/protocol/meta.ts";
import type { Era } from "../../src/protocol/revisions.ts";
import { FakeClock } from "./fake-clock.ts";
import {
	checkDelivery,
	checkLoad,
	permitted,
	watches,
} from "./multiplexer-laws.ts";
import { connectionOf, multiplexerOptions } from "./multiplexer-options.ts";
import {
	type Asked,
	answeredByBridge,
	type ClientKind,
	type Delivery,
	died,
	isRepeatable,
	type Question,
	type WorldChild,
	type WorldClient,
	type WorldOptions,
	type WorldState,
} from "./multiplexer-records.ts";

/** A multiplexer, its clients and its children, and what must be true of them whatever happens. */
export class MultiplexerWorld implements WorldState {
	readonly clock = new FakeClock();
	readonly multiplexer: Multiplexer;
	readonly options: WorldOptions;
	clients: WorldClient[] = [];
	readonly asked: Asked[] = [];
	readonly questions: Question[] = [];
	/** The child that is there, and what it has got. */
	child: WorldChild | undefined;
	isBehind = false;
	reads = true;
	#isNeeded = false;
	#written = 0;
	#last = 0;
	readonly #failures: unknown[] = [];

	constructor(options: WorldOptions) {
		this.options = options;
		const { shared, concurrency, maxQueue, requestTimeoutMs } = options;
		this.multiplexer = new Multiplexer(
			multiplexerOptions(
				{
					clock: this.clock,
					shared,
					refuses: ({ method }) => (method === "denied" ? died : undefined),
					concurrency: () => concurrency,
					queue: () => ({ maxQueue, maxQueueBytes: 1_000_000 }),
					timeLimits: () => ({ requestTimeoutMs, maxRequestTimeoutMs: 0 }),
				},
				{
					need: () => {
						this.#isNeeded = true;
					},
					failed: (error) => this.#failures.push(error),
				},
			),
		);
	}

	/** Requests that the child has not answered, and has not been told to stop. */
	get open(): Delivery[] {
		return this.child?.got.filter(({ state }) => state === "open") ?? [];
	}

	connect(kind: ClientKind): void {
		const { era, takesQuestions, canBeAsked, logs } = kind;
		const capabilities = canBeAsked ? { elicitation: {}, roots: {} } : {};
		const envelope = { capabilities, ...(logs && { logLevel: "info" }) };
		const more = { takesQuestions, client: envelope };
		const peer = this.multiplexer.connect(connectionOf(era, more));
		const client: WorldClient = { ...kind, peer, isClosed: false };
		peer.listen((message) => this.#hear(client, message, undefined));
		this.clients.push(client);
	}

	ask(client: WorldClient, id: Id, method: string, params: Members): void {
		const n = ++this.#last;
		const request = { jsonrpc: "2.0", id, method, params: { ...params, n } };
		const token = metaOf(params)?.progressToken as Id | undefined;
		const asked: Asked = {
			...{ n, client, token, deliveries: [], isAcknowledged: false },
			...{ request: request as Request, answeredAt: 0, progress: 0 },
		};
		this.asked.push(asked);
		const { waiting } = this.multiplexer.load;
		client.peer.ask(asked.request, (message) =>
			this.#hear(client, message, asked),
		);
		const { maxQueue } = this.options;
		const after = this.multiplexer.load.waiting;
		// One may have had its turn, and wait for the level of logs that it wants.
		const begun = client.era === "modern" && client.logs ? 1 : 0;
		expect(after).toBeLessThanOrEqual(Math.max(waiting, maxQueue) + begun);
	}

	notify(client: WorldClient, method: string): void {
		client.peer.tell({ jsonrpc: "2.0", method, params: { of: client } });
	}

	/** The client has its answer at once. */
	cancel(asked: Asked): void {
		const method = "notifications/cancelled";
		const params = { requestId: asked.request.id };
		asked.client.peer.tell({ jsonrpc: "2.0", method, params });
		expect(asked.answer).toBeDefined();
	}

	/** All that it has asked has its answer, and nothing follows. */
	leave(client: WorldClient): void {
		client.peer.close();
		client.isClosed = true;
		this.clients = this.clients.filter((other) => other !== client);
		for (const asked of this.asked) {
			if (asked.client === client) expect(asked.answer).toBeDefined();
		}
		for (const { put, state, isWithdrawn } of this.questions) {
			const isForChild = put?.client === client && !isWithdrawn;
			if (isForChild && this.child?.era === "legacy") {
				expect(state).not.toBe("open");
			}
		}
	}

	up(era: Era): void {
		if (this.child) return;
		this.child = { era, isHeld: false, got: [] };
		this.isBehind = false;
		this.#isNeeded = false;
		const listChanged = { listChanged: true };
		const resources = { subscribe: true };
		this.multiplexer.up({
			era,
			result: { capabilities: { tools: listChanged, resources } },
			write: (message, written) => this.#write(message, written),
			isBehind: () => this.isBehind,
		});
	}

	/** What it has read is answered, unless it may be repeated; what it has not is not. */
	down(): void {
		const { open } = this;
		this.child = undefined;
		for (const delivery of open) {
			delivery.state = delivery.isRead ? "lost" : "unread";
		}
		for (const question of this.questions) {
			if (question.state === "open" && !question.input) question.state = "void";
		}
		const answered = new Set(this.asked.filter(({ answer }) => answer));
		this.multiplexer.down(died);
		for (const { asked, isRead } of open) {
			if (!asked || answered.has(asked)) continue;
			if (!isRead) expect(asked.answer).toBeUndefined();
			else if (!isRepeatable(asked.request)) expect(asked.answer).toBeDefined();
		}
	}

	refuse(): void {
		if (this.child) return;
		this.#isNeeded = false;
		this.multiplexer.refuse(died);
		expect(this.multiplexer.load.waiting).toBe(0);
	}

	hold(): void {
		this.multiplexer.hold();
		if (this.child) this.child.isHeld = true;
	}

	/** The child reads all that it was sent. */
	read(): void {
		for (const delivery of this.child?.got ?? []) delivery.read();
	}

	/** The child answers, and the client has it at once. */
	answer(delivery: Delivery, how: "result" | "error" | "input"): void {
		const { request, asked } = delivery;
		delivery.read();
		const isOfCall = request.method === "tools/call";
		const isInput =
			how === "input" && this.child?.era === "modern" && isOfCall && asked;
		const isForLegacy = isInput && asked.client.era === "legacy";
		delivery.state = isForLegacy ? "input" : "answered";
		if (how === "error") this.multiplexer.receive(errorOf(request.id, died));
		else {
			const result = isInput
				? this.#inputRequired(asked)
				: this.#result(request);
			this.multiplexer.receive(resultOf(request.id, result));
		}
		if (asked && !isForLegacy) expect(asked.answer).toBeDefined();
	}

	/** The bridge answers in the child's stead. */
	fail({ request, asked }: Delivery): void {
		const delivery = this.open.find((each) => each.request === request);
		if (delivery) delivery.state = "answered";
		this.multiplexer.fail(request.id, died);
		if (asked) expect(asked.answer).toBeDefined();
	}

	/** The child answers what it is not asked, or not any more. */
	answerAgain(id: Id): void {
		if (this.open.some(({ request }) => request.id === id)) return;
		const late = this.child?.got.find(({ request }) => request.id === id);
		if (late?.state === "stopped") late.state = "answered";
		const answered = this.#answers;
		this.multiplexer.receive(resultOf(id, {}));
		expect(this.#answers).toBe(answered);
	}

	progress(delivery: Delivery): void {
		const { request, asked, state } = delivery;
		delivery.read();
		const n = ++this.#last;
		const method = "notifications/progress";
		const params = { progressToken: request.id, progress: n };
		this.multiplexer.receive({ jsonrpc: "2.0", method, params });
		if (asked?.token === undefined || asked.answer || state !== "open") return;
		expect(asked.progress).toBe(n);
	}

	/** The child asks: somebody who may be meant, or it is refused. */
	question(method: string): void {
		if (!this.child) return;
		const question = this.#newQuestion(permitted(this, "question"));
		const { n } = question;
		const params = { n };
		this.multiplexer.receive({ jsonrpc: "2.0", id: `q${n}`, method, params });
		if (!question.put) expect(question.state).toBe("answered");
	}

	/** The child does not want to know any more. */
	takeBack(question: Question): void {
		if (question.state !== "open" || question.input) return;
		question.state = "void";
		const method = "notifications/cancelled";
		const params = { requestId: `q${question.n}` };
		this.multiplexer.receive({ jsonrpc: "2.0", method, params });
	}

	/** A client answers a question: it is taken from who was asked, once. */
	reply(
		{ put, ...question }: Question,
		by: WorldClient,
		isError: boolean,
	): void {
		if (!put) return;
		const { n, input } = question;
		const original = this.questions.find((each) => each.n === n);
		const isWanted =
			by === put.client &&
			original?.state === "open" &&
			!original.isWithdrawn &&
			!input?.asked.answer;
		if (isWanted && original && input) {
			original.state = "answered";
			if (input.asked.input) input.asked.input.responses[input.key] = { n };
		}
		const written = this.#written;
		by.peer.tell(isError ? errorOf(put.id, died) : resultOf(put.id, { n }));
		if (!isWanted) expect(this.#written).toBe(written);
		else expect(original?.state).toBe("answered");
		if (isWanted && isError && input) expect(input.asked.answer).toBeDefined();
	}

	/** The child says something that names no request. */
	say(method: string, params: Members = {}): void {
		if (!this.child) return;
		this.multiplexer.receive({
			jsonrpc: "2.0",
			method,
			params: { ...params, permitted: permitted(this, "log") },
		});
	}

	acknowledge(delivery: Delivery, isAgreed: boolean): void {
		const { request, asked, state } = delivery;
		if (request.method !== "subscriptions/listen") return;
		delivery.read();
		const { notifications } = request.params ?? {};
		const method = "notifications/subscriptions/acknowledged";
		const _meta = { [metaKey.subscriptionId]: request.id };
		const params = { notifications: isAgreed ? notifications : {}, _meta };
		this.multiplexer.receive({ jsonrpc: "2.0", method, params });
		if (asked && state === "open") expect(asked.isAcknowledged).toBe(true);
	}

	/** The child ends a subscription by a notification. */
	endSubscription(delivery: Delivery): void {
		const { request, asked } = delivery;
		if (request.method !== "subscriptions/listen") return;
		delivery.state = "answered";
		const method = "notifications/cancelled";
		const params = { requestId: request.id };
		this.multiplexer.receive({ jsonrpc: "2.0", method, params });
		if (asked) expect(asked.answer).toBeDefined();
	}

	/** A child that answers everything until nothing is open. */
	settle(): void {
		this.up("legacy");
		if (this.child?.isHeld) {
			this.down();
			this.up("legacy");
		}
		this.isBehind = false;
		this.reads = true;
		this.multiplexer.caughtUp();
		this.check();
		for (let round = 0; round < 1000; round++) {
			const [next] = this.open.filter(
				({ request }) => request.method !== "subscriptions/listen",
			);
			const question = this.questions.find(
				({ state, isWithdrawn, put }) =>
					put && state === "open" && !isWithdrawn && !put.client.isClosed,
			);
			// A server that has no logging, as most.
			const how =
				next?.request.method === "logging/setLevel" ? "error" : "result";
			if (question?.put) this.reply(question, question.put.client, false);
			else if (next) this.answer(next, how);
			else break;
			this.check();
		}
		for (const delivery of this.open) this.acknowledge(delivery, true);
		this.check();
		for (const { request, answer, isAcknowledged } of this.asked) {
			if (!isAcknowledged)
				expect({ request, answer }).toHaveProperty("answer.id");
		}
	}

	/** What holds after each thing that happens. */
	check(): void {
		if (this.#failures.length > 0) throw this.#failures[0];
		checkLoad(this, this.multiplexer.load);
		const isWaiting = this.multiplexer.load.waiting > 0;
		if (isWaiting && !this.child) expect(this.#isNeeded).toBe(true);
	}

	get #answers(): number {
		return this.asked.filter(({ answer }) => answer).length;
	}

	#newQuestion(permitted: Question["permitted"]): Question {
		const n = ++this.#last;
		const question = {
			n,
			permitted,
			state: "open",
			isWithdrawn: false,
		} as const;
		this.questions.push({ ...question });
		return this.questions.at(-1) as Question;
	}

	#inputRequired(asked: Asked): Members {
		const requestState = `state ${++this.#last}`;
		const input: Members = {};
		for (const key of ["a", "b"]) {
			const question = this.#newQuestion(new Set([asked.client]));
			if (asked.client.era === "legacy") question.input = { asked, key };
			const method = key === "a" ? "elicitation/create" : "roots/list";
			input[key] = { method, params: { n: question.n } };
		}
		const { n } = asked;
		asked.input = { requestState, responses: {} };
		const resultType = "input_required";
		return { n, resultType, requestState, inputRequests: input };
	}

	#result({ method, params }: Request): Members {
		const annotations = { readOnlyHint: true };
		const tools = [{ name: "safe", annotations }, { name: "danger" }];
		return method === "tools/list" ? { tools } : { n: params?.n };
	}

	/** What the child is sent. */
	#write(message: Message, written?: () => void): boolean {
		this.#written++;
		const { child } = this;
		if (!child) throw new Error("A child that has gone is written to");
		if (!("method" in message)) this.#answered(message);
		else if ("id" in message) {
			if (message.method === "deep") return false;
			this.#deliver(message, written, child);
		} else if (message.method === "notifications/cancelled") {
			const { requestId } = message.params ?? {};
			const stopped = this.open.find(({ request }) => request.id === requestId);
			if (!stopped) throw new Error("What the child does not have is stopped");
			stopped.state = "stopped";
			stopped.stoppedAt = this.clock.now();
		} else {
			expect(message.params?.of).not.toHaveProperty("isClosed", true);
			const isOfOne = message.method === "notifications/roots/list_changed";
			if (this.options.shared) expect(isOfOne).toBe(false);
		}
		return true;
	}

	#deliver(
		request: Request,
		written: (() => void) | undefined,
		{ got }: WorldChild,
	): void {
		const asked = this.asked.find(({ n }) => n === request.params?.n);
		checkDelivery(this, request, asked);
		const delivery: Delivery = {
			...{ asked, request, state: "open", isRead: false, stoppedAt: 0 },
			read() {
				if (!this.isRead) written?.();
				this.isRead = true;
			},
		};
		got.push(delivery);
		asked?.deliveries.push(delivery);
		if (this.reads) delivery.read();
	}

	/** The child's question has an answer. */
	#answered({ id }: Response): void {
		const question = this.questions.find(({ n }) => id === `q${n}`);
		expect(question?.state).toBe("open");
		if (question) question.state = "answered";
	}

	/** What a client hears, with a request of it or beside them. */
	#hear(client: WorldClient, message: Message, asked: Asked | undefined): void {
		expect(client.isClosed).toBe(false);
		expect(asked?.answer).toBeUndefined();
		if (!("method" in message)) {
			if (!asked) throw new Error("An answer beside all requests");
			expect(message.id).toBe(asked.request.id);
			if ("result" in message && !answeredByBridge.test(asked.request.method)) {
				expect(message.result.n).toBe(asked.n);
			}
			asked.answer = message;
			asked.answeredAt = this.clock.now();
			return;
		}
		const { method, params } = message;
		if ("id" in message) {
			expect(client.era).toBe("legacy");
			const question = this.questions.find(({ n }) => n === params?.n);
			expect(question?.put).toBeUndefined();
			expect(question?.permitted).toContain(client);
			if (question?.input) expect(question.input.asked).toBe(asked);
			if (question) question.put = { client, id: message.id };
		} else if (method === "notifications/cancelled") {
			const withdrawn = this.questions.find(
				({ put }) => put?.client === client && put.id === params?.requestId,
			);
			if (!withdrawn) throw new Error("What was not asked is withdrawn");
			withdrawn.isWithdrawn = true;
		} else if (method === "notifications/progress") {
			expect(params?.progressToken).toBe(asked?.token);
			expect(asked?.token).toBeDefined();
			if (asked) asked.progress = Number(params?.progress);
		} else if (params?.permitted instanceof Set) {
			if (method === "notifications/resources/updated") {
				expect(watches(this, client, String(params.uri))).toBe(true);
			} else if (!method.endsWith("/list_changed")) {
				expect(params.permitted).toContain(client);
			}
		} else if (method === "notifications/subscriptions/acknowledged") {
			expect(params?._meta).toEqual({
				[metaKey.subscriptionId]: asked?.request.id,
			});
			expect(asked?.isAcknowledged).toBe(false);
			if (asked) asked.isAcknowledged = true;
		}
	}
}
