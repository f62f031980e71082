import { cancellation, cancelledError } from "../protocol/bridge-errors.ts";
import {
	type ErrorObject,
	errorOf,
	type Id,
	isMembers,
	type Message,
	type Request,
	type Response,
} from "../protocol/messages.ts";
import { metaKey, withMeta } from "../protocol/meta.ts";
import { inputRequestOf } from "./input.ts";
import { logLevelRequest, modernResponse } from "./legacy-child.ts";
import { addQuestions } from "./suspendable-call-messages.ts";
import type {
	Attempt,
	CallCommand,
	CallState,
	Flight,
	Leased,
	Pause,
	Question,
	StateNamed,
} from "./suspendable-call-state.ts";
import { legacyRequest } from "./to-modern.ts";
import { urlsOf } from "./url-elicitation.ts";

// The ways from one state of a call that has a lease to another, for `step`.

/** Why a call ends that its client has left, for the child. */
export const clientGone: ErrorObject = {
	...cancelledError,
	message: "The client has not come back",
};

/** What an event makes of a call. */
export interface Outcome {
	state: CallState;
	/** To be carried out in their order, before the next event. */
	commands: readonly CallCommand[];
}

/** Another state, or the same one, with what is to be done. */
export function become(
	state: CallState,
	...commands: readonly CallCommand[]
): Outcome {
	return { state, commands };
}

/** The same with other commands before its own. */
export function after(
	commands: readonly CallCommand[],
	outcome: Outcome,
): Outcome {
	return {
		state: outcome.state,
		commands: [...commands, ...outcome.commands],
	};
}

/** The client is asked what it is to be asked, or the child works on, or the call is sent, after its pauses. */
export function goOn(
	leased: Leased,
	attempt: Attempt,
	flight: Flight,
	questions: readonly Question[],
): Outcome {
	if (questions.length > 0) {
		const until = "time";
		const name = "gathering";
		return become({ name, leased, attempt, flight, questions, until });
	}
	if (flight.isSent) {
		return become({ name: "working", leased, attempt, id: flight.id });
	}
	const [first, ...others] = flight.pauses;
	if (first === undefined) return send(leased, attempt);
	const name = "pausing";
	const pauses: [Pause, ...Pause[]] = [first, ...others];
	if (first === "time") return become({ name, leased, attempt, pauses });
	const pinged = ping(leased);
	return become(
		{ name, leased: pinged.leased, attempt, pauses },
		pinged.command,
	);
}

function send(leased: Leased, attempt: Attempt): Outcome {
	const { request, client } = attempt;
	const level = logLevelRequest(request, client);
	// The token is the call's own: each attempt has another one, or none.
	const params = withMeta(
		legacyRequest(request).params,
		"progressToken",
		leased.settings.id,
	);
	const ask = (what: "level" | "call", request: Request): CallCommand => {
		return { do: "ask", what, request };
	};
	return become(
		{ name: "working", leased, attempt, id: request.id },
		...(level ? [ask("level", level)] : []),
		ask("call", { ...request, params }),
	);
}

/** A child that asks several questions in one go may be held up between them; it answers a ping behind the last. */
export function gatherTheLast(state: StateNamed<"gathering">): Outcome {
	const { leased, command } = ping(state.leased);
	return become({ ...state, leased, until: "read" }, command);
}

/** The child has read what was written to it, or has had its time. */
export function afterPause(
	state: StateNamed<"pausing" | "gathering">,
): Outcome {
	if (state.name === "gathering") return suspend(state);
	const { leased, attempt } = state;
	const [, ...pauses] = state.pauses;
	return goOn(leased, attempt, { isSent: false, pauses }, []);
}

function suspend(state: StateNamed<"gathering">): Outcome {
	const { attempt, flight, questions } = state;
	const { settings, serverInfo } = state.leased;
	const round = state.leased.round + 1;
	const leased = { ...state.leased, round };
	const inputRequests = Object.fromEntries(
		questions.map(({ key, request }) => [key, inputRequestOf(request)]),
	);
	const asking = { resultType: "input_required", inputRequests };
	const result = isMembers(serverInfo)
		? withMeta(asking, metaKey.serverInfo, serverInfo)
		: asking;
	const timeoutMs = settings.inputTimeoutMs;
	const { client } = attempt;
	return become(
		{ name: "suspended", leased, client, flight, questions },
		{ do: "suspend", attempt, round, timeoutMs, result },
	);
}

/** The child has answered the call: its client gets the answer, or is sent to the URLs that it names. */
export function conclude(
	leased: Leased,
	attempt: Attempt,
	answer: Response,
): Outcome {
	const { request, client } = attempt;
	const urls = urlsOf(answer, client);
	if (!Array.isArray(urls)) {
		const message = urls
			? errorOf(request.id, urls)
			: modernResponse(request, answer, leased.serverInfo);
		return settle(leased, attempt, message);
	}
	const asked = addQuestions(
		leased,
		urls.map((request) => ({ request })),
	);
	const flight: Flight = { isSent: false, pauses: [] };
	return goOn(asked.leased, attempt, flight, asked.questions);
}

/**
 * The call ends in the child's stead, which is told to stop.
 *
 * @param attempt that gets the error; undefined where nobody waits for an answer
 */
export function refuse(
	leased: Leased,
	attempt: Attempt | undefined,
	flight: Flight,
	questions: readonly Question[],
	error: ErrorObject,
): Outcome {
	const commands: CallCommand[] = [];
	if (flight.isSent) {
		const message = cancellation(flight.id, error.message);
		commands.push({ do: "tell", message });
	}
	for (const { childId } of questions) {
		if (childId === undefined) continue;
		commands.push({ do: "tell", message: errorOf(childId, cancelledError) });
	}
	const used = leased.used || flight.isSent;
	const message = attempt && errorOf(attempt.request.id, error);
	return after(commands, settle({ ...leased, used }, attempt, message));
}

function settle(
	leased: Leased,
	attempt: Attempt | undefined,
	message: Message | undefined,
): Outcome {
	const { used, open } = leased;
	return become(
		{ name: "settled" },
		...cancelPings(leased),
		{ do: "forget" },
		{ do: "release", used, open },
		...(attempt && message
			? [{ do: "receive", attempt, message } as const]
			: []),
	);
}

/** Of the last ping. */
export function pingId({ settings, pings }: Leased): Id {
	return `${settings.id}-ping-${pings}`;
}

function ping(leased: Leased): { leased: Leased; command: CallCommand } {
	const counted = { ...leased, pings: leased.pings + 1 };
	const id = pingId(counted);
	const request: Request = { jsonrpc: "2.0", id, method: "ping" };
	const unansweredPings = [...leased.unansweredPings, id];
	return {
		leased: { ...counted, unansweredPings },
		command: { do: "ask", what: "ping", request },
	};
}

/** A ping counts as work that the child has, and some never answer one. */
export function cancelPings({ unansweredPings }: Leased): CallCommand[] {
	return unansweredPings.map((id) => {
		const message = cancellation(id, "No answer to the ping");
		return { do: "tell", message };
	});
}

/** The child has answered a ping. */
export function withoutPing(leased: Leased, id: Id): Leased {
	const unansweredPings = leased.unansweredPings.filter((each) => each !== id);
	return { ...leased, unansweredPings };
}
