import { ErrorCode } from "../error-codes.ts";
import {
	type ErrorObject,
	errorOf,
	isMembers,
	type Members,
	type Request,
} from "../messages.ts";
import type { Receive } from "../peer.ts";
import type { TakeLease } from "./lease.ts";
import type { ModernClient } from "./meta.ts";
import type { Seal } from "./seal.ts";
import { stableJson } from "./stable-json.ts";
import { SuspendableCall } from "./suspendable-call.ts";

/** What the suspended calls of one server work with. */
export interface SuspendedCallsOptions {
	seal: Seal;
	takeLease: TakeLease;
	/** How long a client may take to answer, in ms. */
	inputTimeoutMs(): number;
	/** How many calls may wait for their clients; the oldest gives way to one more. */
	maxSuspendedCalls(): number;
	/** One of these was reached: the option's name. */
	limitReached(limit: "maxSuspendedCalls" | "requestTimeoutMs"): void;
	/** The server's name, for errors. */
	server: string;
	/** How long a call may wait for a child, in ms; 0 is for ever. */
	requestTimeoutMs(): number;
	/** A message had no counterpart and was dropped: its kind. */
	dropped(kind: string): void;
}

/** What `requestState` says, under seal: which call, and for whom and what it was made. */
interface State {
	call: string;
	round: number;
	/** Fingerprints of the principal, and of method and params. */
	who: string;
	what: string;
	/** In ms since 1970. */
	until: number;
}

/**
 * Calls of modern clients to a legacy server that can ask them something: while
 * a client gathers what it was asked for, its call is suspended, and the retry
 * finds it by `requestState` (2026-07-28, basic/patterns/mrtr, 'Server Requirements').
 */
export class SuspendedCalls {
	readonly #options: SuspendedCallsOptions;
	/** Oldest first. */
	readonly #suspended = new Map<string, SuspendableCall>();

	constructor(options: SuspendedCallsOptions) {
		this.#options = options;
	}

	/** How many calls wait for their clients. */
	get size(): number {
		return this.#suspended.size;
	}

	/**
	 * Begins a call, or goes on with the one that the request's `requestState` names.
	 *
	 * @returns called when the client closes the response: cancels the call unless it is suspended
	 */
	ask(request: Request, client: ModernClient, receive: Receive): () => void {
		const { requestState, inputResponses } = request.params ?? {};
		if (requestState === undefined)
			return this.#begin(request, client, receive);
		const found = this.#find(requestState, request, client);
		const problem =
			"error" in found
				? found.error
				: refuseResponses(inputResponses, found.keys);
		if (problem || "error" in found) {
			receive(errorOf(request.id, problem as ErrorObject));
			return () => {};
		}
		this.#suspended.delete(found.id);
		found.resume({ request, client, receive }, inputResponses as Members);
		return () => found.leave(receive);
	}

	/** Ends every call that waits for its client. */
	end(): void {
		for (const call of this.#suspended.values()) call.end();
		this.#suspended.clear();
	}

	#begin(request: Request, client: ModernClient, receive: Receive): () => void {
		const call: SuspendableCall = new SuspendableCall({
			...this.#options,
			suspend: (round) => this.#suspend(call, round, request, client),
			over: () => this.#suspended.delete(call.id),
		});
		call.start({ request, client, receive });
		return () => call.leave(receive);
	}

	#suspend(
		call: SuspendableCall,
		round: number,
		request: Request,
		client: ModernClient,
	): { requestState: string; timeoutMs: number } {
		const { inputTimeoutMs, maxSuspendedCalls, seal } = this.#options;
		this.#suspended.set(call.id, call);
		for (const [id, oldest] of this.#suspended) {
			if (this.#suspended.size <= maxSuspendedCalls()) break;
			this.#suspended.delete(id);
			this.#options.dropped("suspended-call-that-gave-way");
			this.#options.limitReached("maxSuspendedCalls");
			oldest.end();
		}
		const timeoutMs = inputTimeoutMs();
		const state: State = {
			call: call.id,
			round,
			...this.#fingerprints(request, client),
			until: Date.now() + timeoutMs,
		};
		return { requestState: seal.seal({ ...state }), timeoutMs };
	}

	#find(
		requestState: unknown,
		request: Request,
		client: ModernClient,
	): SuspendableCall | { error: ErrorObject } {
		const state =
			typeof requestState === "string"
				? (this.#options.seal.open(requestState) as State | undefined)
				: undefined;
		if (!state) {
			return refuse("INVALID", "was not made here, or was changed");
		}
		const { who, what } = this.#fingerprints(request, client);
		if (state.who !== who) {
			return refuse("OTHER_PRINCIPAL", "was given to somebody else");
		}
		if (state.what !== what) {
			return refuse("OTHER_REQUEST", "was given for another request");
		}
		if (state.until <= Date.now()) return refuse("EXPIRED", "has expired");
		const call = this.#suspended.get(state.call);
		return call?.round === state.round
			? call
			: refuse("USED", "has been used, or its call has ended");
	}

	#fingerprints({ method, params }: Request, { principal }: ModernClient) {
		const { _meta, inputResponses, requestState, ...own } = params ?? {};
		const { digest } = this.#options.seal;
		return { who: digest(principal), what: digest(stableJson([method, own])) };
	}
}

function refuse(code: string, what: string): { error: ErrorObject } {
	return {
		error: {
			code: ErrorCode.invalidParams,
			message: `"requestState" ${what} (send the request again without it)`,
			data: { code: `REQUEST_STATE_${code}` },
		},
	};
}

/** What is not what the specification says cannot be given to a server. */
function refuseResponses(
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
