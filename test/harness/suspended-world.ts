import { expect } from "vitest";
import type { Lease } from "../../src/eras/lease.ts";
import { SuspendedCalls } from "../../src/eras/suspended-calls.ts";
import {
	type ErrorObject,
	type Id,
	isMembers,
	type Members,
	type Request,
	type Response,
	resultOf,
} from "../../src/protocol/messages.ts";
import type { ModernClient } from "../../src/protocol/meta.ts";
import type { Receive } from "../../src/protocol/peer.ts";
import type { Seal } from "../../src/seal/seal.ts";
import { LeasedChild } from "./leased-child.ts";
import { modernRequestOf } from "./modern-message.ts";

/** Can be read by everybody, and made by everybody. */
const openSeal: Seal = {
	seal: (content) => JSON.stringify(content),
	open: (text) => JSON.parse(text),
	digest: (text) => text,
};

const client: ModernClient = {
	capabilities: { elicitation: { form: {}, url: {} } },
	principal: "anonymous",
	logLevel: "info",
};

/** One HTTP exchange: gets one response, or is closed by its client. */
export class Attempt {
	response: Response | undefined;
	isClosed = false;
	leave = () => {};

	readonly #answered: (response: Response) => void;

	constructor(answered: (response: Response) => void) {
		this.#answered = answered;
	}

	readonly receive: Receive = (message) => {
		expect(this.isOpen).toBe(true);
		if ("method" in message) return;
		this.response = message;
		this.#answered(message);
	};

	get isOpen(): boolean {
		return !this.isClosed && this.response === undefined;
	}

	close(): void {
		this.isClosed = true;
		this.leave();
	}
}

/** A client's call, over all its attempts. */
export interface Call {
	take: ((given: Lease | { error: ErrorObject }) => void) | undefined;
	found(): void;
	child: LeasedChild | undefined;
	attempt: Attempt;
	/** What the child has answered while nobody waited for it. */
	kept: Members | undefined;
}

interface LeaseTraits extends Pick<Lease, "isFresh" | "questions"> {
	/** The child answers pings before whoever asks goes on. */
	isQuick: boolean;
}

/** What a client has been given to come back with. */
interface Asked {
	call: Call;
	requestState: string;
	/** The child's ids of the questions, by key; undefined for a URL. */
	ids: Map<string, Id | undefined>;
	/** In ms of the world's clock. */
	until: number;
	isUsed: boolean;
}

/** Clients, children and a clock around the suspended calls of a server. */
export class SuspendedWorld {
	readonly calls: SuspendedCalls;
	readonly all: Call[] = [];
	readonly asked: Asked[] = [];
	readonly timers = new Set<{ at: number; then: () => void }>();
	#now = 0;
	#lastId = 100;
	#asking: Call | undefined;

	constructor({ requestTimeoutMs }: { requestTimeoutMs: number }) {
		this.calls = new SuspendedCalls({
			seal: openSeal,
			takeLease: (_client, _request, take, found) => {
				const call = this.#asking as Call;
				Object.assign(call, { take, found });
				return () => {
					call.take = undefined;
				};
			},
			now: () => this.#now,
			startTimer: (ms, then) => {
				const timer = { at: this.#now + ms, then };
				this.timers.add(timer);
				return () => this.timers.delete(timer);
			},
			inputTimeoutMs: () => 60_000,
			maxSuspendedCalls: () => 2,
			limitReached() {},
			server: "fake",
			requestTimeoutMs: () => requestTimeoutMs,
			dropped() {},
		});
	}

	nextId(): Id {
		return ++this.#lastId;
	}

	begin(): void {
		const attempt = new Attempt((response) => this.#note(call, response));
		const none = { take: undefined, child: undefined, kept: undefined };
		const call: Call = { ...none, found() {}, attempt };
		this.all.push(call);
		this.#asking = call;
		this.#ask(attempt, {});
	}

	/** A client comes back, with an answer to each question that it knows the child to have asked. */
	retry(asked: Asked, answer: Members | undefined): void {
		const { call, requestState, ids } = asked;
		// At the last moment the clock says so before the timer does.
		const isInTime = this.#now < asked.until;
		const isGood =
			!asked.isUsed && isInTime && call.child?.isReleased === false;
		if (isGood) asked.isUsed = true;
		const child = call.child as LeasedChild;
		const open = [...ids].filter(([, id]) =>
			id === undefined ? call.kept === undefined : child.questions.has(id),
		);
		const isLate = call.kept !== undefined;
		const inputResponses =
			answer && Object.fromEntries([...ids.keys()].map((key) => [key, answer]));
		const attempt = new Attempt((response) => this.#note(call, response));
		if (isGood) call.attempt = attempt;
		const accepts = answer?.action === "accept";
		const hasUrl = open.some(([, id]) => id === undefined);
		if (isGood && hasUrl && accepts) child.isUsed = true;
		this.#ask(attempt, { requestState, inputResponses });
		if (!isGood) {
			expect(codeOf(attempt)).toMatch(/^REQUEST_STATE_/);
			return;
		}
		if (isLate) {
			this.#expectKept(call);
			return;
		}
		if (answer === undefined) return;
		if (hasUrl && !accepts) expect(codeOf(attempt)).toBe("INPUT_REFUSED");
		// What the client has answered, the child has.
		else
			for (const [, id] of open)
				if (id) expect(child.questions.has(id)).toBe(false);
	}

	#ask(attempt: Attempt, params: Members): void {
		const id = this.nextId();
		const request = modernRequestOf(
			"tools/call",
			{ name: "a", ...params },
			{ id },
		);
		attempt.leave = this.calls.ask(request, client, attempt.receive);
	}

	give(call: Call, { isFresh, questions, isQuick }: LeaseTraits): void {
		const { take } = call;
		const child = new LeasedChild(isQuick);
		call.take = undefined;
		call.child = child;
		for (const question of questions)
			child.questions.set(question.id, question);
		const { release } = child;
		const serverInfo = { name: "legacy" };
		const told = { serverInfo, questions, isFresh };
		take?.({
			...told,
			peer: child,
			release,
			get suspended() {
				return child.isSuspended;
			},
			set suspended(value) {
				child.isSuspended = value;
			},
		});
	}

	/** The child answers the call: its client has that, or will have it. */
	answer(call: Call, result: Members): void {
		const { child, attempt } = call;
		const isAwaited = attempt.isOpen;
		child?.answer(resultOf(child.flight?.id ?? 0, result));
		call.kept = result;
		if (isAwaited) this.#expectKept(call);
	}

	#expectKept(call: Call): void {
		expect(call.attempt.response).toMatchObject({ result: call.kept });
	}

	/** Lets the earliest timer run out. */
	fire(): void {
		const [first] = [...this.timers].sort((one, other) => one.at - other.at);
		if (!first) return;
		this.timers.delete(first);
		this.#now = Math.max(this.#now, first.at);
		first.then();
	}

	/** Holds after every event. */
	check(): void {
		const waiting = this.all.filter(({ attempt }) => attempt.isOpen);
		expect(this.calls.unanswered).toBe(waiting.length);
		const suspended = this.asked.filter(
			({ call, isUsed }) => !isUsed && call.child?.isReleased === false,
		);
		expect(this.calls.size).toBe(suspended.length);
		expect(this.calls.size).toBeLessThanOrEqual(2);
		// A call has one timer at most, and none when it has ended.
		const live = this.calls.unanswered + this.calls.size;
		expect(this.timers.size).toBeLessThanOrEqual(live);
		for (const { child, attempt } of this.all) {
			if (child && !child.isReleased) {
				expect(child.isSuspended).toBe(!attempt.isOpen);
			}
		}
	}

	/** Takes down what a client has been asked. */
	#note(call: Call, response: Response): void {
		if (!("result" in response)) return;
		const { inputRequests, requestState } = response.result;
		if (typeof requestState !== "string" || !isMembers(inputRequests)) return;
		expect(this.asked.map((each) => each.requestState)).not.toContain(
			requestState,
		);
		expect(Object.keys(inputRequests)).not.toEqual([]);
		const ids = Object.entries(inputRequests).map(([key, entry]) => {
			const { message } = (entry as { params: Members }).params;
			return [key, message === "url" ? undefined : message] as [string, Id];
		});
		// It is asked nothing that the child has taken back.
		const open = [...ids].filter(([, id]) => id !== undefined);
		for (const [, id] of open) expect(call.child?.questions.has(id)).toBe(true);
		this.asked.push({
			call,
			requestState,
			ids: new Map(ids),
			until: this.#now + 60_000,
			isUsed: false,
		});
	}

	/** Children do their part, clients do not come back, and time passes: everything ends. */
	settle(): void {
		for (let round = 0; round < 100; round++) {
			for (const call of this.all) {
				if (call.take)
					this.give(call, { isFresh: true, questions: [], isQuick: false });
				for (const id of call.child?.pings.keys() ?? []) {
					call.child?.answerPing(id);
				}
				if (call.child?.flight) this.answer(call, { content: [] });
			}
			this.check();
			if (this.timers.size === 0) break;
			this.fire();
		}
		this.check();
		expect(this.timers.size).toBe(0);
		expect(this.calls.size + this.calls.unanswered).toBe(0);
		for (const { child, take } of this.all) {
			expect(take).toBeUndefined();
			expect(child?.isReleased ?? true).toBe(true);
		}
	}
}

function codeOf({ response }: Attempt): unknown {
	const { error } = response as { error?: { data?: { code?: unknown } } };
	return error?.data?.code;
}

/** A question that says which it is. */
export function questionNamed(id: Id): Request {
	const params = { message: id, requestedSchema: {} };
	return { jsonrpc: "2.0", id, method: "elicitation/create", params };
}
