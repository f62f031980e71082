import type { Journal, Said } from "./journal.ts";
import type { RestartSignal } from "./plan-faults.ts";

/** Why nobody can expect an answer: the client's connection was cut, the bridge ended, or there was none to send it to. */
export type Loss = "cut" | RestartSignal | "absence";

export interface RequestFacts {
	/** Unique; its answer has to carry it. */
	nonce: string;
	client: string;
	server: string;
	tool: string;
}

/** The codes in `error.data` for a child that could not answer, or an answer that could not be kept (docs/http.md, 'Errors of a server'). */
const childCodes = ["CHILD_EXITED", "CHILD_STOPPED", "ANSWER_LOST"];

/** How long a request may take while nothing happens to its server or the bridge, in ms. */
const patienceMs = 10_000;

/** One request and what became of it, which has to happen once. */
export class TrackedRequest {
	readonly nonce: string;
	readonly client: string;
	readonly server: string;
	readonly tool: string;
	readonly began = performance.now();
	/** Settles when it is accounted for. */
	readonly settled: Promise<void>;
	/** The bridge has said that it has it. */
	isTaken = false;
	/** An answer came after it was lost. */
	late = false;
	outcome: string | undefined;
	readonly #journal: Journal;
	#settle: () => void = () => {};
	#isAnswered = false;

	constructor(journal: Journal, facts: RequestFacts) {
		this.#journal = journal;
		this.nonce = facts.nonce;
		this.client = facts.client;
		this.server = facts.server;
		this.tool = facts.tool;
		this.settled = new Promise((resolve) => {
			this.#settle = resolve;
		});
	}

	get isAnswered(): boolean {
		return this.outcome === "answered";
	}

	/** Whether it can have reached a child. */
	get wasSent(): boolean {
		return this.outcome !== "withdrawn";
	}

	/**
	 * What the bridge answers: once, and with the request's own nonce.
	 *
	 * @param childErrorCode as which the client's revision is told of a child's death
	 */
	answer({ text, error }: Said, childErrorCode: number): void {
		if (this.#isAnswered) this.#violation("is answered twice");
		this.#isAnswered = true;
		if (error !== undefined) {
			const { code, server } = Object(error.data) as Record<string, string>;
			const isAllowed =
				error.code === childErrorCode &&
				childCodes.includes(code ?? "") &&
				(code === "ANSWER_LOST" || server === this.server) &&
				this.#journal.isDisturbed(this.server, this.began);
			if (!isAllowed) this.#violation(`got ${JSON.stringify(error)}`);
			this.#account(`error ${error.code} ${code}`);
			return;
		}
		if (text !== this.nonce) this.#violation(`got the answer ${text}`);
		this.#account("answered");
	}

	/** A request whose answer holds no nonce was answered. */
	accept(): void {
		this.#isAnswered = true;
		this.#account("answered");
	}

	/** No answer can come any more, for a reason or for none that is known. */
	lose(loss: Loss | undefined, how: string): void {
		if (this.outcome !== undefined) return;
		// A bridge that ends in good order answers what it has taken.
		const isBreach = loss === "SIGTERM" && this.isTaken;
		if (loss === undefined || isBreach)
			this.#violation(`was lost by ${loss ?? "nothing known"}: ${how}`);
		this.#account(`lost by ${loss ?? "nothing known"}`);
	}

	/** HTTP refused it. */
	refuse(status: number): void {
		if (this.outcome === undefined) this.#account(`refused with ${status}`);
	}

	/** It never left the client. */
	withdraw(): void {
		if (this.outcome === undefined) this.#account("withdrawn");
	}

	#account(outcome: string): void {
		if (this.outcome !== undefined) {
			this.late = true;
			return;
		}
		const calm = Math.max(this.began, this.#journal.faults.lastOf(this.server));
		if (performance.now() - calm > patienceMs)
			this.#violation(`waited in vain, and then: ${outcome}`);
		this.outcome = outcome;
		this.#settle();
	}

	#violation(what: string): void {
		const ms = Math.round(performance.now() - this.began);
		this.#journal.violation(
			`${this.nonce}, ${this.tool} of "${this.server}", ${what} after ${ms} ms`,
			this.client,
			this.server,
		);
	}
}
