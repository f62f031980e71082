import { expect } from "vitest";
import { modernError } from "../../src/eras/to-modern.ts";
import { translators } from "../../src/eras/translators.ts";
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
import type { Peer } from "../../src/protocol/peer.ts";
import type { Era } from "../../src/protocol/revisions.ts";
import { FakeClock } from "./fake-clock.ts";

/** Who connects. */
export interface ClientKind {
	era: Era;
	takesQuestions: boolean;
	/** It declares what it can be asked. */
	canBeAsked: boolean;
	/** It wants log messages. */
	logs: boolean;
}

interface WorldClient extends ClientKind {
	peer: Peer;
	isClosed: boolean;
}

/** A request of a client, and all that has become of it. */
interface Asked {
	/** Stands in its params, and in its answer. */
	n: number;
	client: WorldClient;
	request: Request;
	token: Id | undefined;
	answer?: Response;
	answeredAt: number;
	deliveries: Delivery[];
	isAcknowledged: boolean;
	/** The furthest progress that its client has heard of. */
	progress: number;
	/** What its client has said to what a modern child wants to know. */
	input?: { requestState: string; responses: Members };
}

/** A request that a child has got. */
interface Delivery {
	/** Undefined where it is the bridge's own. */
	asked: Asked | undefined;
	request: Request;
	state: "open" | "answered" | "stopped" | "unread" | "lost" | "input";
	isRead: boolean;
	read(): void;
	stoppedAt: number;
}

/** What a child wants to know. */
interface Question {
	n: number;
	/** Those who may be asked. */
	permitted: ReadonlySet<WorldClient>;
	/** The call that its answer is for, and by what name, where it came with `input_required`. */
	input?: { asked: Asked; key: string };
	state: "open" | "answered" | "void";
	/** Who was asked, under this id. */
	put?: { client: WorldClient; id: Id };
	/** Its client was told that it is not wanted any more. */
	isWithdrawn: boolean;
}

export interface WorldOptions {
	shared: boolean;
	concurrency: number;
	maxQueue: number;
	requestTimeoutMs: number;
}

/** As long as a call may be spoken for that was given up, in ms. */
const givenUpMs = 60_000;
const died = { code: -32000, message: "it died" };
/** Methods whose answers come from the child's opening, from another child, or from the bridge itself. */
const answeredByBridge =
	/^(initialize|server\/discover|tools\/list|logging\/|resources\/(un)?subscribe|subscriptions\/)/;
/** Those that a child may get twice. */
const isRepeatable = ({ method, params }: Request) =>
	method === "tools/list" ||
	method === "subscriptions/listen" ||
	(method === "tools/call" && params?.name === "safe");

/** A multiplexer, its clients and its children, and what must be true of them whatever happens. */
export class MultiplexerWorld {
	readonly clock = new FakeClock();
	readonly multiplexer: Multiplexer;
	readonly #options: WorldOptions;
	clients: WorldClient[] = [];
	readonly asked: Asked[] = [];
	readonly questions: Question[] = [];
	/** The child that is there, and what it has got. */
	child: { era: Era; isHeld: boolean; got: Delivery[] } | undefined;
	isBehind = false;
	reads = true;
	#isNeeded = false;
	#written = 0;
	#last = 0;
	readonly #failures: unknown[] = [];

	constructor(options: WorldOptions) {
		this.#options = options;
		const { shared, concurrency, maxQueue, requestTimeoutMs } = options;
		const nothing = () => {};
		this.multiplexer = new Multiplexer({
			server: "fake",
			client: { capabilities: {} },
			shared,
			remembers: true,
			translators,
			clock: this.clock,
			listed: (_method, page) => page,
			filters: () => undefined,
			refuses: ({ method }) => (method === "denied" ? died : undefined),
			concurrency: () => concurrency,
			queue: () => ({ maxQueue, maxQueueBytes: 1_000_000 }),
			timeLimits: () => ({ requestTimeoutMs, maxRequestTimeoutMs: 0 }),
			events: {
				need: () => {
					this.#isNeeded = true;
				},
				failed: (error) => this.#failures.push(error),
				quiet: nothing,
				asked: nothing,
				served: nothing,
				retried: nothing,
				limitReached: nothing,
				dropped: nothing,
				changed: nothing,
				repaired: nothing,
			},
		});
	}

	/** Requests that the child has not answered, and has not been told to stop. */
	get open(): Delivery[] {
		return this.child?.got.filter(({ state }) => state === "open") ?? [];
	}

	connect(kind: ClientKind): void {
		const { era, takesQuestions, canBeAsked, logs } = kind;
		const capabilities = canBeAsked ? { elicitation: {}, roots: {} } : {};
		const peer = this.multiplexer.connect({
			era,
			takesQuestions,
			client: { capabilities, ...(logs && { logLevel: "info" }) },
			...(era === "modern" && {
				errorFor: (error) => modernError(error, undefined),
			}),
		});
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
		const { maxQueue } = this.#options;
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
		const question = this.#newQuestion(this.#permitted("question"));
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
		const permitted = this.#permitted("log");
		this.multiplexer.receive({
			jsonrpc: "2.0",
			method,
			params: { ...params, permitted },
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
		const { concurrency } = this.#options;
		const { open, child } = this;
		const { clients, inFlight, waiting } = this.multiplexer.load;
		const methods = open.map(({ request }) => request.method);
		const requests = methods.filter((method) => !method.startsWith("subscr"));
		const turns = requests.filter((method) => method !== "ping");
		expect(clients).toBe(this.clients.length);
		expect(inFlight).toBe(requests.length);
		expect(turns.length).toBeLessThanOrEqual(concurrency);
		// Nobody waits while there is a turn to be had, or nobody who would give one.
		const isOpen = child && !child.isHeld && !this.isBehind;
		if (isOpen && inFlight < concurrency) expect(waiting).toBe(0);
		if (waiting > 0 && !child) expect(this.#isNeeded).toBe(true);
		const nowhere = this.asked.filter((asked) => !this.#isSomewhere(asked));
		expect(nowhere.length).toBeLessThanOrEqual(waiting);
		for (const { state, put, isWithdrawn, input } of this.questions) {
			if (!put || put.client.isClosed) continue;
			const isVoid =
				state === "void" || (input?.asked.answer && state === "open");
			if (isVoid) expect(isWithdrawn).toBe(true);
		}
	}

	/** Whether a request is answered, or somebody else's turn than the multiplexer's. */
	#isSomewhere(asked: Asked): boolean {
		const { answer, deliveries, request, isAcknowledged } = asked;
		if (answer || isAcknowledged) return true;
		if (deliveries.at(-1)?.state === "open") return true;
		const isAsked = this.questions.some(
			({ input, state }) => input?.asked === asked && state === "open",
		);
		if (isAsked) return true;
		// A subscription in the other era is made of the bridge's own requests.
		if (request.method === "resources/subscribe") {
			return this.open.some(
				({ asked, request }) => !asked && request.method.startsWith("subscr"),
			);
		}
		const isListen = request.method === "subscriptions/listen";
		return isListen && this.child?.era === "legacy";
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

	/** Those for whom something may be that the child says without a name. */
	#permitted(what: "question" | "log"): Set<WorldClient> {
		const now = this.clock.now();
		const speaking = (this.child?.got ?? []).filter(
			({ state, asked, stoppedAt, request }) =>
				request.method !== "logging/setLevel" &&
				(state === "open"
					? !asked?.answer || now - asked.answeredAt < givenUpMs
					: state === "stopped" &&
						now - (asked?.answeredAt ?? stoppedAt) < givenUpMs),
		);
		const speakers = new Set(speaking.map(({ asked }) => asked?.client));
		const [only] = speakers.size === 1 ? speakers : [];
		const isAskable = what === "log" || only?.takesQuestions;
		const [first] = this.clients;
		const found = [isAskable && only, !this.#options.shared && first];
		if (this.child?.era === "modern") found.push(...speakers);
		return new Set(
			found.filter((client) => client !== false && client !== undefined),
		) as Set<WorldClient>;
	}

	/** Whether a client has asked to hear of a resource. */
	#watches(client: WorldClient, uri: string): boolean {
		return this.asked.some(
			({ client: one, request: { method, params } }) =>
				one === client &&
				/subscri(be|ptions)/.test(method) &&
				JSON.stringify(params).includes(uri),
		);
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
			if (this.#options.shared) expect(isOfOne).toBe(false);
		}
		return true;
	}

	#deliver(
		request: Request,
		written: (() => void) | undefined,
		{ got, isHeld, era }: NonNullable<MultiplexerWorld["child"]>,
	): void {
		const asked = this.asked.find(({ n }) => n === request.params?.n);
		expect(got.map(({ request }) => request.id)).not.toContain(request.id);
		if (asked) {
			expect(isHeld || this.isBehind).toBe(false);
			expect(asked.answer).toBeUndefined();
			expect(request.method).not.toBe("denied");
			const before = asked.deliveries.map(({ state }) => state);
			expect(before).not.toContain("open");
			expect(before).not.toContain("answered");
			expect(before).not.toContain("stopped");
			const lost = before.filter((state) => state === "lost");
			if (!asked.isAcknowledged) {
				expect(lost.length).toBeLessThanOrEqual(isRepeatable(request) ? 1 : 0);
			}
			if (era === "modern" && asked.input) {
				const { requestState, responses } = asked.input;
				const given = { requestState, inputResponses: responses };
				expect(request.params).toMatchObject(given);
			}
			const token = metaOf(request.params)?.progressToken;
			expect(token).toBe(asked.token === undefined ? undefined : request.id);
		}
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
				expect(this.#watches(client, String(params.uri))).toBe(true);
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
