import { cancellation } from "../protocol/bridge-errors.ts";
import {
	type Id,
	isSameId,
	ownId,
	type Response,
} from "../protocol/messages.ts";
import type { Call, Connection } from "./call.ts";

/** A request of a server that a client has been asked to answer. */
export interface Question {
	readonly connection: Connection;
	/** The id under which the client has it. */
	readonly id: Id;
	/** The id that the child gave it, where it is a request of its own. */
	readonly childId?: Id;
	/** The call that waits for the answer, where nothing is in flight for it meanwhile. */
	readonly call?: Call;
	/** How long it is. */
	readonly bytes: number;
	/** Takes the client's answer. */
	answered(response: Response): void;
}

/** Calls whose time stands still while the question is open: its client's that were in flight when it was asked. */
type Asking = readonly Call[];

/** What a child has asked clients, until it is answered or taken back. */
export class Questions {
	readonly #open = new Map<Id, { question: Question; asking: Asking }>();
	readonly #now: () => number;
	#bytes = 0;

	/** @param now the time in ms, by a clock that only grows */
	constructor(now: () => number) {
		this.#now = now;
	}

	/** How many are open. */
	get size(): number {
		return this.#open.size;
	}

	/** Their bytes. */
	get bytes(): number {
		return this.#bytes;
	}

	/** Notes one on its way to the client. */
	add(question: Question): void {
		const asking = [...question.connection.calls].filter(isInFlight);
		for (const call of asking) call.openQuestions++;
		this.#open.set(question.id, { question, asking });
		this.#bytes += question.bytes;
	}

	/** Takes a client's answer to who waits for it; false where that client was not asked. */
	answer(connection: Connection, response: Response): boolean {
		const { id } = response;
		const entry =
			this.#open.get(id ?? "") ?? this.#open.get(ownId(id) ?? "") ?? undefined;
		if (entry?.question.connection !== connection) return false;
		this.#end(entry.question.id);
		entry.question.answered(response);
		return true;
	}

	/** Takes out the one to which the child gave this id. */
	takeBack(childId: unknown): Question | undefined {
		for (const { question } of this.#open.values()) {
			if (question.childId === undefined) continue;
			if (!isSameId(question.childId, childId)) continue;
			this.#end(question.id);
			return question;
		}
		return undefined;
	}

	/** Takes back from its client what a call has asked. */
	withdraw(call: Call, reason: string): void {
		for (const { id } of this.takeOf(call)) call.say(cancellation(id, reason));
	}

	/** Takes out those of a client, or of a call. */
	takeOf(asked: Connection | Call): Question[] {
		return this.#take(
			({ connection, call }) => connection === asked || call === asked,
		);
	}

	/** Takes out those that the child asked itself, which has gone. */
	takeChilds(): Question[] {
		return this.#take(({ childId }) => childId !== undefined);
	}

	#take(isTaken: (question: Question) => boolean): Question[] {
		// Most clients are asked nothing, and each that leaves comes here.
		if (this.#open.size === 0) return [];
		const taken = [...this.#open.values()]
			.map(({ question }) => question)
			.filter(isTaken);
		for (const { id } of taken) this.#end(id);
		return taken;
	}

	#end(id: Id): void {
		const entry = this.#open.get(id);
		if (!entry) return;
		this.#open.delete(id);
		this.#bytes -= entry.question.bytes;
		const now = this.#now();
		for (const call of entry.asking) {
			call.openQuestions--;
			const { state } = call;
			if (state.name !== "sent" && state.name !== "read") continue;
			state.sentAt = now;
			state.heardAt = now;
		}
	}
}

function isInFlight({ state, isSubscription }: Call): boolean {
	return (state.name === "sent" || state.name === "read") && !isSubscription;
}
