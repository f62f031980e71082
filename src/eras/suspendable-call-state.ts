import type { DropKind } from "../protocol/drop-kinds.ts";
import type {
	ErrorObject,
	Id,
	Members,
	Message,
	Notification,
	Request,
	Response,
} from "../protocol/messages.ts";
import type { ModernClient } from "../protocol/meta.ts";
import type { Receive } from "../protocol/peer.ts";

/** One HTTP exchange that a call is served on: the first request, or a retry. */
export interface Attempt {
	request: Request;
	client: ModernClient;
	receive: Receive;
}

/** What holds for a call from its beginning to its end. */
export interface CallSettings {
	/** Names the call, also to the child, as the token of its progress. */
	id: string;
	/** The server's name, for errors. */
	server: string;
	/** How long it may wait for its turn at a child, in ms; 0 is for ever. */
	requestTimeoutMs: number;
	/** How long its client may take to answer, in ms. */
	inputTimeoutMs: number;
}

/** A question that the client has not answered. */
export interface Question {
	/** Under which the client is asked. */
	key: string;
	request: Request;
	/** Under which the child waits for the answer; a URL that stood in an error is waited for by nobody. */
	childId?: Id;
}

/** What has to pass before the call is sent: the child reads all that was written to it, or has some time. */
export type Pause = "read" | "time";

/** The call is in flight at the child, under an id, or is still to be sent, after some pauses. */
export type Flight =
	| { isSent: true; id: Id }
	| { isSent: false; pauses: readonly Pause[] };

/** What is true from the lease's being given to its release. */
export interface Leased {
	settings: CallSettings;
	serverInfo: unknown;
	/** See {@link Lease.release}. */
	used: boolean;
	/** What the child asked and has gone on without. */
	open: readonly Request[];
	/** How often the call has been suspended. */
	round: number;
	/** How many questions have been given keys. */
	keys: number;
	/** How many pings have been sent. */
	pings: number;
	/** Those of them that the child has not answered. */
	unansweredPings: readonly Id[];
}

/** Where a call stands. A client waits for its answer wherever there is an attempt. */
export type CallState =
	/** It has not been begun. */
	| { name: "idle"; settings: CallSettings; attempt: Attempt }
	/** No child is free. */
	| { name: "queued"; settings: CallSettings; attempt: Attempt }
	/** There is a child, which is not ready. */
	| { name: "starting"; settings: CallSettings; attempt: Attempt }
	/** The call is sent after some pauses, of which the first one is on. */
	| {
			name: "pausing";
			leased: Leased;
			attempt: Attempt;
			pauses: readonly [Pause, ...Pause[]];
	  }
	/** The call is in flight at the child, which wants to know nothing. */
	| { name: "working"; leased: Leased; attempt: Attempt; id: Id }
	/** The child has asked something: what it asks with that may come yet, for some time, and until it has read what was written to it. */
	| {
			name: "gathering";
			leased: Leased;
			attempt: Attempt;
			flight: Flight;
			questions: readonly Question[];
			until: "time" | "read";
	  }
	/** The client has been asked, and has to come back. */
	| {
			name: "suspended";
			leased: Leased;
			client: ModernClient;
			flight: Flight;
			questions: readonly Question[];
	  }
	/** The same, but the child has answered the call without waiting for the client. */
	| {
			name: "answered";
			leased: Leased;
			client: ModernClient;
			answer: Response;
	  }
	| { name: "settled" };

/** The state of a name. */
export type StateNamed<Name extends CallState["name"]> = Extract<
	CallState,
	{ name: Name }
>;

/** What can come of a call. */
export type CallEvent =
	| { type: "started" }
	/** There is a child for it, which is not ready. */
	| { type: "childFound" }
	| {
			type: "leaseGiven";
			serverInfo: unknown;
			questions: readonly Request[];
			isFresh: boolean;
	  }
	| { type: "leaseRefused"; error: ErrorObject }
	/** The child has answered the call. */
	| { type: "answered"; answer: Response }
	/** The child wants to know something. */
	| { type: "asked"; question: Request }
	/** The child does not want to know it any more. */
	| { type: "questionCancelled"; id: unknown }
	/** Any other notification of the child. */
	| { type: "notified"; notification: Notification }
	| { type: "pingAnswered"; id: Id }
	/** The timer of the state has run out. */
	| { type: "timeUp"; timer: Timer }
	/** The client has come back. */
	| { type: "retried"; attempt: Attempt; answers: Members }
	/** A client has closed a response. */
	| { type: "closed"; receive: Receive }
	/** The call has to end, wherever it stands. */
	| { type: "ended" };

/** The event of a type. */
export type EventOf<Type extends CallEvent["type"]> = Extract<
	CallEvent,
	{ type: Type }
>;

/** What is to be done. */
export type CallCommand =
	/** Ask the child: the call itself, whether it has read so far, or for a log level. */
	| { do: "ask"; what: "call" | "ping" | "level"; request: Request }
	| { do: "tell"; message: Notification | Response }
	/** Give the client a message; its response is the last one of an attempt. */
	| { do: "receive"; attempt: Attempt; message: Message }
	/** Let the call be found by a `requestState`, and answer the attempt with that and the rest of the result. */
	| {
			do: "suspend";
			attempt: Attempt;
			round: number;
			timeoutMs: number;
			result: Members;
	  }
	/** It takes its turn again. */
	| { do: "resume" }
	/** There is one timer at most. */
	| { do: "startTimer"; timer: Timer; ms: number }
	| { do: "stopTimer"; timer: Timer }
	/** Wait for a child. */
	| { do: "takeLease"; attempt: Attempt }
	| { do: "giveUpWaiting" }
	| { do: "release"; used: boolean; open: readonly Request[] }
	/** It cannot be found any more. */
	| { do: "forget" }
	/** A message had no counterpart and was dropped. */
	| { do: "dropped"; kind: DropKind }
	/** The call has waited so long for its turn. */
	| { do: "limitReached"; limit: "requestTimeoutMs" };

/** What is waited for: a child, its answer to a ping, its taking up what it was told, more of its questions, the client. */
export type Timer = "queue" | "ping" | "pause" | "gather" | "expiry";

/** How long a child gets, twice, to take up what it was told before the call, in ms: it says nothing when it has. */
const takeUpMs = 50;

/** Questions that come within this time of the first one, in ms, are asked with it, as are those the child was writing then. */
const gatherMs = 10;

/** How long a child may take to answer a ping, in ms, before nobody waits for that any more. */
const pingTimeoutMs = 1000;

/** The timer that runs in a state, and for how many ms; each ping has one of its own. */
export function timerOf(
	state: CallState,
): { timer: Timer; ms: number; ping?: number } | undefined {
	switch (state.name) {
		case "queued": {
			const { requestTimeoutMs } = state.settings;
			if (requestTimeoutMs === 0) return undefined;
			return { timer: "queue", ms: requestTimeoutMs };
		}
		case "pausing":
			return state.pauses[0] === "read"
				? pingTimerOf(state.leased)
				: { timer: "pause", ms: takeUpMs };
		case "gathering":
			return state.until === "read"
				? pingTimerOf(state.leased)
				: { timer: "gather", ms: gatherMs };
		case "suspended":
		case "answered": {
			const { inputTimeoutMs } = state.leased.settings;
			return { timer: "expiry", ms: inputTimeoutMs };
		}
		default:
			return undefined;
	}
}

function pingTimerOf({ pings }: Leased): ReturnType<typeof timerOf> {
	return { timer: "ping", ms: pingTimeoutMs, ping: pings };
}
