import { requiredCapability } from "../eras/input.ts";
import { notAsked } from "../eras/legacy-child.ts";
import type { DropKind } from "../protocol/drop-kinds.ts";
import {
	errorOf,
	isSameId,
	type Message,
	type Request,
} from "../protocol/messages.ts";
import type { Peer } from "../protocol/peer.ts";
import type { Backend } from "./backend.ts";

/** How long others' requests on a child get that is to be replaced, in ms. */
const restartDrainMs = 10_000;

/**
 * A child of a client of revision 2026-07-28 that it may ask something: one call
 * at a time has it, since a legacy child does not say for which call it asks.
 * What it asks while none has it is kept for the next.
 */
export class ExclusiveUse {
	/** The first on the child, so what the child asks comes here. */
	readonly peer: Peer;
	readonly #backend: Backend;
	readonly #dropped: (kind: DropKind) => void;
	/** How often its backend had a process that was ready when a call had it the last time. */
	#starts = 0;
	#questions: Request[] = [];

	constructor(backend: Backend, dropped: (kind: DropKind) => void) {
		this.#backend = backend;
		this.#dropped = dropped;
		this.peer = backend.connect({ era: "legacy", takesQuestions: true });
		this.giveBack([]);
	}

	/** Begins the use of a child that is ready. */
	begin(): { questions: Request[]; isFresh: boolean } {
		const isFresh = this.#backend.starts !== this.#starts;
		this.#starts = this.#backend.starts;
		return { questions: this.#questions.splice(0), isFresh };
	}

	/** Nobody has it. */
	giveBack(open: readonly Request[]): void {
		this.#questions = [...open];
		this.peer.listen((message) => this.#hear(message));
	}

	/** Replaces the process, after what others have in flight on it or some time. */
	renew(): void {
		void this.#backend.restart(restartDrainMs).then(() => this.#backend.warm());
	}

	#hear(message: Message): void {
		if (!("method" in message)) return;
		if ("id" in message) this.#hearQuestion(message);
		else if (message.method === "notifications/cancelled") {
			const { requestId } = message.params ?? {};
			this.#questions = this.#questions.filter(
				({ id }) => !isSameId(id, requestId),
			);
		}
	}

	#hearQuestion(question: Request): void {
		if (requiredCapability(question.method, question.params)) {
			this.#questions.push(question);
			return;
		}
		this.peer.tell(errorOf(question.id, notAsked(question.method)));
		this.#dropped("question-nobody-can-answer");
	}
}
