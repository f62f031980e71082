import { cancelledError } from "../protocol/bridge-errors.ts";
import {
	addQuestions,
	goneOnWithout,
	passOn,
	questionOfChild,
	refusalOf,
	refuseQuestion,
	withdraw,
} from "./suspendable-call-messages.ts";
import {
	type CallEvent,
	type Flight,
	type StateNamed,
	timerOf,
} from "./suspendable-call-state.ts";
import {
	after,
	afterPause,
	become,
	cancelPings,
	clientGone,
	conclude,
	gatherTheLast,
	goOn,
	type Outcome,
	pingId,
	refuse,
	withoutPing,
} from "./suspendable-call-transitions.ts";

/** What an event makes of a call that has a child, and whose client waits for the answer. */
export function whileServed(
	state: StateNamed<"pausing" | "working" | "gathering">,
	event: CallEvent,
): Outcome {
	const { leased, attempt } = state;
	const flight = flightOf(state);
	const questions = state.name === "gathering" ? state.questions : [];
	switch (event.type) {
		case "answered": {
			if (!flight.isSent) return become(state);
			const { answer } = event;
			return conclude(
				goneOnWithout(leased, questions, answer),
				attempt,
				answer,
			);
		}
		case "asked": {
			const { question } = event;
			const refusal = refusalOf(question, attempt.client);
			if (refusal) {
				// What it wants to know of its own accord the call can do without.
				const missing = flight.isSent ? refusal.missing : undefined;
				return after(
					refuseQuestion(question),
					missing
						? refuse(leased, attempt, flight, questions, missing)
						: become(state),
				);
			}
			const more = addQuestions(leased, [questionOfChild(question)]);
			const all = [...questions, ...more.questions];
			return state.name === "gathering"
				? become({ ...state, leased: more.leased, questions: all })
				: goOn(more.leased, attempt, flight, all);
		}
		case "questionCancelled": {
			const rest = withdraw(leased, questions, event.id);
			if (state.name !== "gathering") {
				return become({ ...state, leased: rest.leased });
			}
			return rest.questions.length > 0
				? become({ ...state, ...rest })
				: goOn(rest.leased, attempt, flight, []);
		}
		case "notified":
			return become(state, ...passOn(event.notification, attempt));
		case "pingAnswered": {
			const next = { ...state, leased: withoutPing(leased, event.id) };
			const isAwaited =
				timerOf(state)?.timer === "ping" && event.id === pingId(leased);
			return isAwaited && next.name !== "working"
				? afterPause(next)
				: become(next);
		}
		case "timeUp":
			if (state.name === "working") return become(state);
			if (event.timer === "ping") {
				const next = { ...state, leased: { ...leased, unansweredPings: [] } };
				return after(cancelPings(leased), afterPause(next));
			}
			return state.name === "gathering"
				? gatherTheLast(state)
				: afterPause(state);
		case "closed":
			return event.receive === attempt.receive
				? refuse(leased, undefined, flight, questions, clientGone)
				: become(state);
		case "ended":
			return refuse(leased, attempt, flight, questions, cancelledError);
		default:
			return become(state);
	}
}

function flightOf(
	state: StateNamed<"pausing" | "working" | "gathering">,
): Flight {
	switch (state.name) {
		case "pausing":
			return { isSent: false, pauses: state.pauses };
		case "working":
			return { isSent: true, id: state.id };
		case "gathering":
			return state.flight;
	}
}
