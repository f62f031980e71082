import { cancelledError, requestTimeout } from "../protocol/bridge-errors.ts";
import { errorOf, type Message, type Request } from "../protocol/messages.ts";
import { modernResponse } from "./legacy-child.ts";
import {
	addQuestions,
	questionOfChild,
	refusalOf,
	refuseQuestion,
} from "./suspendable-call-messages.ts";
import { whileServed } from "./suspendable-call-served.ts";
import {
	type Attempt,
	type CallCommand,
	type CallEvent,
	type CallSettings,
	type CallState,
	type EventOf,
	type Leased,
	type Pause,
	type StateNamed,
	timerOf,
} from "./suspendable-call-state.ts";
import { whileSuspended } from "./suspendable-call-suspended.ts";
import {
	after,
	become,
	goOn,
	type Outcome,
} from "./suspendable-call-transitions.ts";

/**
 * What an event makes of a call, and what is to be done. Pure. An event that
 * cannot come in a state, or comes too late, changes nothing.
 */
export function step(state: CallState, event: CallEvent): Outcome {
	const before = timerOf(state);
	const hasFired = event.type === "timeUp";
	if (hasFired && event.timer !== before?.timer) return become(state);
	const { state: next, commands } = react(state, event);
	const running = hasFired ? undefined : before;
	const timer = timerOf(next);
	if (timer?.timer === running?.timer && timer?.ping === running?.ping) {
		return { state: next, commands };
	}
	const stop: CallCommand[] = running
		? [{ do: "stopTimer", timer: running.timer }]
		: [];
	const start: CallCommand[] = timer
		? [{ do: "startTimer", timer: timer.timer, ms: timer.ms }]
		: [];
	return become(next, ...stop, ...commands, ...start);
}

function react(state: CallState, event: CallEvent): Outcome {
	switch (state.name) {
		case "idle": {
			if (event.type !== "started") return become(state);
			const { attempt } = state;
			return become({ ...state, name: "queued" }, { do: "takeLease", attempt });
		}
		case "queued":
		case "starting":
			return whileQueued(state, event);
		case "pausing":
		case "working":
		case "gathering":
			return whileServed(state, event);
		case "suspended":
		case "answered":
			return whileSuspended(state, event);
		case "settled": {
			if (event.type !== "leaseGiven") return become(state);
			// Who gave it had not heard yet that nobody waits for it.
			const { questions } = event;
			return become(state, { do: "release", used: false, open: questions });
		}
	}
}

/** There is no lease yet. */
function whileQueued(
	state: StateNamed<"queued" | "starting">,
	event: CallEvent,
): Outcome {
	const { settings, attempt } = state;
	const { id, method } = attempt.request;
	const settle = (commands: CallCommand[], message?: Message) =>
		become(
			{ name: "settled" },
			...commands,
			{ do: "forget" },
			...(message ? [{ do: "receive", attempt, message } as const] : []),
		);
	switch (event.type) {
		case "childFound":
			return become({ ...state, name: "starting" });
		case "leaseGiven":
			return begin(settings, attempt, event);
		case "leaseRefused": {
			const refusal = errorOf(id, event.error);
			return settle([], modernResponse(attempt.request, refusal, undefined));
		}
		case "timeUp": {
			const { server, requestTimeoutMs: timeoutMs } = settings;
			const limit = "requestTimeoutMs";
			const overdue = { server, method, timeoutMs, wasSent: false };
			return settle(
				[{ do: "limitReached", limit }, { do: "giveUpWaiting" }],
				errorOf(id, requestTimeout({ ...overdue, limit })),
			);
		}
		case "closed":
			return event.receive === attempt.receive
				? settle([{ do: "giveUpWaiting" }])
				: become(state);
		case "ended":
			return settle([{ do: "giveUpWaiting" }], errorOf(id, cancelledError));
		default:
			return become(state);
	}
}

function begin(
	settings: CallSettings,
	attempt: Attempt,
	{ serverInfo, questions, isFresh }: EventOf<"leaseGiven">,
): Outcome {
	const isOpen = (question: Request) =>
		refusalOf(question, attempt.client) === undefined;
	const unleased: Leased = {
		settings,
		serverInfo,
		used: false,
		open: [],
		round: 0,
		keys: 0,
		pings: 0,
		unansweredPings: [],
	};
	const { leased, questions: asked } = addQuestions(
		unleased,
		questions.filter(isOpen).map(questionOfChild),
	);
	// Servers ask right behind the handshake, and may need the answer for the call.
	const pauses: readonly Pause[] = isFresh ? ["read"] : [];
	return after(
		questions.filter((each) => !isOpen(each)).flatMap(refuseQuestion),
		goOn(leased, attempt, { isSent: false, pauses }, asked),
	);
}
