import { isMembers, type Members, resultOf } from "../protocol/messages.ts";
import {
	addQuestions,
	goneOnWithout,
	passOn,
	questionOfChild,
	refusalOf,
	refuseQuestion,
	withdraw,
} from "./suspendable-call-messages.ts";
import type {
	Attempt,
	CallCommand,
	CallEvent,
	Flight,
	Pause,
	Question,
	StateNamed,
} from "./suspendable-call-state.ts";
import {
	after,
	become,
	clientGone,
	conclude,
	goOn,
	type Outcome,
	refuse,
	withoutPing,
} from "./suspendable-call-transitions.ts";
import { urlNotOpened } from "./url-elicitation.ts";

/** The child is given time twice to take up what it was told before the call. */
const takingUp: readonly Pause[] = ["read", "time", "read", "time"];

/** What an event makes of a call that waits for its client. */
export function whileSuspended(
	state: StateNamed<"suspended" | "answered">,
	event: CallEvent,
): Outcome {
	const { leased, client } = state;
	switch (event.type) {
		case "answered": {
			if (state.name === "answered" || !state.flight.isSent) {
				return become(state);
			}
			const { answer } = event;
			const gone = goneOnWithout(leased, state.questions, answer);
			return become({ name: "answered", leased: gone, client, answer });
		}
		case "asked": {
			const { question } = event;
			if (refusalOf(question, client)) {
				return become(state, ...refuseQuestion(question));
			}
			if (state.name === "answered") {
				const open = [...leased.open, question];
				return become({ ...state, leased: { ...leased, open } });
			}
			const more = addQuestions(leased, [questionOfChild(question)]);
			const questions = [...state.questions, ...more.questions];
			return become({ ...state, leased: more.leased, questions });
		}
		case "questionCancelled": {
			if (state.name === "suspended") {
				const rest = withdraw(leased, state.questions, event.id);
				return become({ ...state, ...rest });
			}
			const rest = withdraw(leased, [], event.id);
			return become({ ...state, leased: rest.leased });
		}
		case "notified":
			return become(state, ...passOn(event.notification, undefined));
		case "pingAnswered":
			return become({ ...state, leased: withoutPing(leased, event.id) });
		case "retried": {
			const { attempt, answers } = event;
			return after(
				[{ do: "resume" }],
				state.name === "answered"
					? conclude(leased, attempt, state.answer)
					: takeAnswers(state, attempt, answers),
			);
		}
		case "timeUp":
		case "ended": {
			const none: Flight = { isSent: false, pauses: [] };
			return state.name === "answered"
				? refuse(leased, undefined, none, [], clientGone)
				: refuse(leased, undefined, state.flight, state.questions, clientGone);
		}
		default:
			return become(state);
	}
}

/** Gives the child what the client has answered. What it has not answered it is asked once more. */
function takeAnswers(
	{ leased, flight, questions }: StateNamed<"suspended">,
	attempt: Attempt,
	answers: Members,
): Outcome {
	const tells: CallCommand[] = [];
	const left: Question[] = [];
	let { used } = leased;
	for (const [index, question] of questions.entries()) {
		const { key, childId } = question;
		const answer = answers[key];
		if (!isMembers(answer)) left.push(question);
		else if (childId !== undefined) {
			used = true;
			tells.push({ do: "tell", message: resultOf(childId, answer) });
			// What the user did there the child may hold to be this client's.
		} else if (answer.action === "accept") used = true;
		else {
			const rest = [...left, ...questions.slice(index + 1)];
			const told = { ...leased, used };
			return after(tells, refuse(told, attempt, flight, rest, urlNotOpened));
		}
	}
	const next: Flight =
		flight.isSent || tells.length === 0
			? flight
			: { isSent: false, pauses: takingUp };
	return after(tells, goOn({ ...leased, used }, attempt, next, left));
}
