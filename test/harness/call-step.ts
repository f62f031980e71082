import { isDeepStrictEqual } from "node:util";
import type {
	CallCommand,
	CallState,
	Leased,
} from "../../src/eras/suspendable-call-state.ts";
import type { Outcome } from "../../src/eras/suspendable-call-transitions.ts";
import type { Message } from "../../src/protocol/messages.ts";

// Outcomes of a suspendable call's step in words, so that a table of them can be read.

/** The state that comes of an event, and what is to be done; undefined where nothing comes of it. */
export function outcomeInWords(
	before: CallState,
	{ state, commands }: Outcome,
): string | undefined {
	const stays = isDeepStrictEqual(state, before);
	if (stays && commands.length === 0) return undefined;
	const first = stays ? "stays" : stateInWords(state);
	return [first, ...commands.map(commandInWords)].join("; ");
}

function stateInWords(state: CallState): string {
	switch (state.name) {
		case "idle":
		case "queued":
		case "starting":
		case "settled":
			return state.name;
		case "pausing":
			return `pausing for ${state.pauses.join(", ")}${leasedInWords(state.leased)}`;
		case "working":
			return `working on ${state.id}${leasedInWords(state.leased)}`;
		case "answered":
			return `answered${leasedInWords(state.leased)}`;
		case "gathering":
		case "suspended": {
			const { flight, leased, questions } = state;
			const until = state.name === "gathering" ? ` until ${state.until}` : "";
			const where = flight.isSent
				? `sent as ${flight.id}`
				: ["unsent", ...flight.pauses].join(" ");
			const keys = questions.map(({ key }) => key).join(", ");
			return `${state.name}${until} (${where}) [${keys}]${leasedInWords(leased)}`;
		}
	}
}

function leasedInWords({ used, open, unansweredPings }: Leased): string {
	return [
		used ? ", used" : "",
		open.length > 0 ? `, open ${open.map(({ id }) => id).join(" ")}` : "",
		unansweredPings.length > 0
			? `, waits for ${unansweredPings.join(" ")}`
			: "",
	].join("");
}

function commandInWords(command: CallCommand): string {
	switch (command.do) {
		case "ask":
			return `ask ${command.what} ${command.request.id}`;
		case "tell":
			return `tell ${messageInWords(command.message)}`;
		case "receive":
			return `client: ${messageInWords(command.message)}`;
		case "suspend": {
			const { attempt, round, timeoutMs, result } = command;
			const keys = Object.keys(result.inputRequests as object).join(", ");
			return `suspend ${attempt.request.id}, round ${round}, ${timeoutMs} ms [${keys}]`;
		}
		case "startTimer":
			return `start ${command.timer} ${command.ms}`;
		case "stopTimer":
			return `stop ${command.timer}`;
		case "release": {
			const open = command.open.map(({ id }) => ` ${id}`).join("");
			return `release${command.used ? " used" : ""}${open && `, open${open}`}`;
		}
		case "dropped":
			return `dropped ${command.kind}`;
		case "limitReached":
			return `reached ${command.limit}`;
		default:
			return command.do;
	}
}

function messageInWords(message: Message): string {
	if ("result" in message) return `${message.id} result`;
	if ("error" in message) return `${message.id} error ${message.error.code}`;
	const { method, params = {} } = message;
	return method === "notifications/cancelled"
		? `cancelled ${params.requestId}`
		: method;
}
