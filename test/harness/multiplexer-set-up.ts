import { Multiplexer } from "../../src/multiplex/multiplexer.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import {
	type ErrorObject,
	errorOf,
	type Id,
	isRequest,
	type Members,
	type Message,
	type Request,
	type Response,
	resultOf,
} from "../../src/protocol/messages.ts";
import { metaKey } from "../../src/protocol/meta.ts";
import type { Era } from "../../src/protocol/revisions.ts";
import { FakeClock } from "./fake-clock.ts";
import { connectionOf, multiplexerOptions } from "./multiplexer-options.ts";

/** Why a child is no more. */
export const gone = { code: ErrorCode.serverUnavailable, message: "it died" };
/** The raw result of a child's `initialize`. */
export const initializeResult = {
	protocolVersion: "2025-11-25",
	capabilities: { tools: {} },
	serverInfo: { name: "fake", version: "1" },
	"x-unknown": [1],
};

/** One client: what it heard on its stream, and what came with each of its requests. */
export class Client {
	readonly heard: Message[] = [];
	readonly received = new Map<Id, Message[]>();
	readonly #peer;

	constructor(multiplexer: Multiplexer, era: Era) {
		this.#peer = multiplexer.connect(connectionOf(era));
		this.#peer.listen((message) => this.heard.push(message));
	}

	ask(id: Id, method = "tools/call", params?: Members): void {
		const messages: Message[] = [];
		this.received.set(id, messages);
		this.#peer.ask(
			{ jsonrpc: "2.0", id, method, ...(params && { params }) },
			(message) => messages.push(message),
		);
	}

	answerTo(id: Id): Message | undefined {
		return this.received.get(id)?.at(-1);
	}

	notify(method: string, params?: Members): void {
		this.#peer.tell({ jsonrpc: "2.0", method, ...(params && { params }) });
	}

	cancel(requestId: Id): void {
		this.notify("notifications/cancelled", { requestId });
	}

	answer(response: Response): void {
		this.#peer.tell(response);
	}

	close(): void {
		this.#peer.close();
	}
}

/** A multiplexer, and a child that answers nothing by itself. */
export function start({
	shared = true,
	concurrency = Number.POSITIVE_INFINITY,
	ready = true,
	queue = { maxQueue: 1000, maxQueueBytes: 1_000_000 },
	timeLimits = { requestTimeoutMs: 0, maxRequestTimeoutMs: 0 },
} = {}) {
	const dropped: string[] = [];
	const limits: string[] = [];
	const changed: string[] = [];
	const repaired: string[] = [];
	const failures: unknown[] = [];
	const calls = { need: 0, quiet: 0, retried: 0 };
	/** Whether what is written reaches the child, whether it is behind with reading, and what can be written. */
	const child = {
		reads: true,
		isBehind: false,
		canWrite: (_message: Message) => true,
		refuses: (_request: Request): ErrorObject | undefined => undefined,
	};
	let sent: Message[] = [];
	const clock = new FakeClock();
	const multiplexer = new Multiplexer(
		multiplexerOptions(
			{
				clock,
				shared,
				refuses: (request) => child.refuses(request),
				concurrency: () => concurrency,
				queue: () => queue,
				timeLimits: () => timeLimits,
			},
			{
				need: () => calls.need++,
				quiet: () => calls.quiet++,
				failed: (error) => failures.push(error),
				dropped: (kind) => dropped.push(kind),
				changed: (method) => changed.push(method),
				limitReached: (limit) => limits.push(limit),
				retried: () => calls.retried++,
				repaired: (repair, what) => repaired.push(`${repair}: ${what}`),
			},
		),
	);
	let era: Era = "legacy";
	/** A new child; what it has been sent is all its own. */
	const up = ({
		era: childEra = "legacy",
		result = initializeResult,
	}: {
		era?: Era;
		result?: Members;
	} = {}) => {
		era = childEra;
		sent = [];
		const own = sent;
		multiplexer.up({
			era: childEra,
			result,
			write(message, written) {
				if (!child.canWrite(message)) return false;
				own.push(message);
				if (child.reads) written?.();
				return true;
			},
			isBehind: () => child.isBehind,
		});
	};
	if (ready) up();
	const requests = () => sent.filter(isRequest);
	const newest = (method: string): Request => {
		const found = requests().findLast((request) => request.method === method);
		if (!found) throw new Error(`The child got no ${method}`);
		return found;
	};
	return {
		multiplexer,
		clock,
		pass: (ms: number) => clock.pass(ms),
		dropped,
		failures,
		limits,
		repaired,
		changed,
		child,
		calls,
		up,
		/** A client, which speaks what the last child did unless it says otherwise. */
		client: (speaks = era) => new Client(multiplexer, speaks),
		/** What the child was sent, oldest first. */
		sent: () => sent,
		methods: () =>
			sent.map((message) => ("method" in message ? message.method : "answer")),
		/** The child's n-th request. */
		request: (index: number): Request => {
			const found = requests()[index];
			if (!found) throw new Error(`The child got no request ${index}`);
			return found;
		},
		/** The child answers its n-th request. */
		reply(index: number, result: Members = {}) {
			const { id } = this.request(index);
			multiplexer.receive({ jsonrpc: "2.0", id, result });
		},
		/** The child answers the newest request of this method that it got. */
		replyTo(method: string, result: Members = {}) {
			multiplexer.receive(resultOf(newest(method).id, result));
		},
		/** The child refuses the newest request of this method that it got. */
		refuseTo(method: string, code: number) {
			const error = { code, message: "no" };
			multiplexer.receive(errorOf(newest(method).id, error));
		},
		/** The child tells how far its newest request of this method is. */
		progress(method: string, progress: number) {
			const { id: progressToken } = newest(method);
			this.notify("notifications/progress", { progressToken, progress });
		},
		/** The child says that its n-th request, a subscription, is open. */
		acknowledge(index: number) {
			const method = "notifications/subscriptions/acknowledged";
			const { id } = this.request(index);
			this.notify(method, { _meta: { [metaKey.subscriptionId]: id } });
		},
		/** The child says something that names no request. */
		notify(method: string, params?: Members) {
			multiplexer.receive({
				jsonrpc: "2.0",
				method,
				...(params && { params }),
			});
		},
		question(id: Id, method = "elicitation/create", params?: Members) {
			multiplexer.receive({
				jsonrpc: "2.0",
				id,
				method,
				...(params && { params }),
			});
		},
		log(level: string, data: string) {
			this.notify("notifications/message", { level, data });
		},
	};
}

/** A child's answer to tools/list: one tool. */
export const tool = (name: string, annotations?: Members) => ({
	tools: [{ name, ...(annotations && { annotations }) }],
});

/** A client that has asked for the tools and got this answer. */
export function listTools(bench: ReturnType<typeof start>, result: Members) {
	const client = bench.client();
	client.ask("tools", "tools/list");
	bench.replyTo("tools/list", result);
	return client;
}
