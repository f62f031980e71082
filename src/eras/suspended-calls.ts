import type { DropKind } from "../protocol/drop-kinds.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import {
	type ErrorObject,
	errorOf,
	isMembers,
	type Members,
	type Request,
} from "../protocol/messages.ts";
import type { ModernClient } from "../protocol/meta.ts";
import type { Receive } from "../protocol/peer.ts";
import type { Seal } from "../seal/seal.ts";
import type { TakeLease } from "./lease.ts";
import {
	type Bearer,
	openRequestState,
	refuseState,
	sealRequestState,
} from "./request-state.ts";
import { type StartTimer, SuspendableCall } from "./suspendable-call.ts";

/** What the suspended calls of one server work with. */
export interface SuspendedCallsOptions {
	seal: Seal;
	takeLease: TakeLease;
	/** In ms since 1970: until when a client may answer is told it by this clock, and held to by a timer as well. */
	now(): number;
	startTimer: StartTimer;
	/** How long a client may take to answer, in ms. */
	inputTimeoutMs(): number;
	/** How many calls may wait for their clients; the oldest gives way to one more. */
	maxSuspendedCalls(): number;
	/** One of these was reached: the option's name. */
	limitReached(limit: "maxSuspendedCalls" | "requestTimeoutMs"): void;
	/** The server's name, for errors. */
	server: string;
	/** How long a call may wait for its turn at a child, in ms; 0 is for ever. */
	requestTimeoutMs(): number;
	/** A message had no counterpart and was dropped: its kind. */
	dropped(kind: DropKind): void;
}

/**
 * Calls of modern clients to a legacy server that can ask them something: while
 * a client gathers what it was asked for, its call is suspended, and the retry
 * finds it by `requestState` (2026-07-28, basic/patterns/mrtr).
 */
export class SuspendedCalls {
	readonly #options: SuspendedCallsOptions;
	/** Those whose clients wait for an answer. */
	readonly #attended = new Set<SuspendableCall>();
	/** Those that wait for their clients, by id, the oldest first. */
	readonly #suspended = new Map<string, SuspendableCall>();

	constructor(options: SuspendedCallsOptions) {
		this.#options = options;
	}

	/** How many calls wait for their clients. */
	get size(): number {
		return this.#suspended.size;
	}

	/** How many calls have a client that waits for an answer. */
	get unanswered(): number {
		return this.#attended.size;
	}

	/**
	 * Begins a call, or goes on with the one that the request's `requestState` names.
	 *
	 * @param takeLease how a call that begins gets its child, where that is not as usual
	 * @returns called when the client closes the response: cancels the call unless it is suspended
	 */
	ask(
		request: Request,
		client: ModernClient,
		receive: Receive,
		takeLease = this.#options.takeLease,
	): () => void {
		const { requestState, inputResponses } = request.params ?? {};
		const attempt = { request, client, receive };
		if (requestState === undefined) {
			const call = this.#open(attempt, takeLease);
			call.start();
			return () => call.leave(receive);
		}
		const found = this.#find(requestState, attempt);
		const problem =
			"error" in found ? found.error : problemOf(inputResponses, found.keys);
		if (problem || "error" in found) {
			receive(errorOf(request.id, problem as ErrorObject));
			return () => {};
		}
		this.#suspended.delete(found.id);
		this.#attended.add(found);
		found.resume(attempt, inputResponses as Members);
		return () => found.leave(receive);
	}

	/** Ends every call that waits for its client. */
	end(): void {
		for (const call of [...this.#suspended.values()]) call.end();
	}

	#open(
		attempt: Bearer & { receive: Receive },
		takeLease: TakeLease,
	): SuspendableCall {
		const { inputTimeoutMs, requestTimeoutMs } = this.#options;
		const call: SuspendableCall = new SuspendableCall(
			{
				...this.#options,
				takeLease,
				inputTimeoutMs: inputTimeoutMs(),
				requestTimeoutMs: requestTimeoutMs(),
				suspend: (round, timeoutMs) => {
					this.#attended.delete(call);
					this.#suspended.set(call.id, call);
					this.#makeRoom();
					const { seal, now } = this.#options;
					const named = { call: call.id, round };
					return sealRequestState(seal, attempt, named, now() + timeoutMs);
				},
				forget: () => {
					this.#attended.delete(call);
					this.#suspended.delete(call.id);
				},
			},
			attempt,
		);
		this.#attended.add(call);
		return call;
	}

	/** The oldest calls end where too many wait for their clients. */
	#makeRoom(): void {
		const { maxSuspendedCalls, dropped, limitReached } = this.#options;
		for (const oldest of [...this.#suspended.values()]) {
			if (this.#suspended.size <= maxSuspendedCalls()) return;
			dropped("suspended-call-that-gave-way");
			limitReached("maxSuspendedCalls");
			oldest.end();
		}
	}

	#find(
		requestState: unknown,
		bearer: Bearer,
	): SuspendableCall | { error: ErrorObject } {
		const { seal, now } = this.#options;
		const named = openRequestState(seal, bearer, requestState, now());
		if ("error" in named) return named;
		const call = this.#suspended.get(named.call);
		return call?.round === named.round
			? call
			: refuseState("USED", "has been used, or its call has ended");
	}
}

/** What is wrong with a client's answers, which cannot be given to a server if they are not what the specification says. */
function problemOf(
	inputResponses: unknown,
	keys: readonly string[],
): ErrorObject | undefined {
	if (inputResponses === undefined) return undefined;
	const isWhole =
		isMembers(inputResponses) &&
		keys.every((key) => {
			const response = inputResponses[key];
			return response === undefined || isMembers(response);
		});
	if (isWhole) return undefined;
	return {
		code: ErrorCode.invalidParams,
		message: `"inputResponses" has to be an object that has an object for each key of "inputRequests"`,
		data: { code: "INPUT_RESPONSES_INVALID" },
	};
}
