import { ErrorCode } from "../error-codes.ts";
import { cancellation, cancelledError } from "../given-errors.ts";
import {
	type ErrorObject,
	errorOf,
	type Id,
	type Members,
	type Message,
	type Request,
	type Response,
	shown,
} from "../messages.ts";
import type { Receive } from "../peer.ts";
import { declares, questionOf, requiredCapability } from "./input.ts";
import type { Envelope } from "./meta.ts";
import { legacyError, legacyResult, modernRequest } from "./to-legacy.ts";

/** How often one call may ask its client before it is given up. */
const mostRounds = 10;

/** What a call works with. */
export interface LegacyCallOptions {
	ask(request: Request, hear: Receive): void;
	/** An id for a question that the client has not seen yet. */
	nextQuestion(): string;
	/** The client's end: everything that belongs to the call, its answer last. */
	receive: Receive;
}

/**
 * One request of a legacy client to a modern server. Where the server wants
 * input it is asked of the client by real requests, and the server is asked
 * again with the answers (2026-07-28, basic/patterns/mrtr).
 */
export class LegacyCall {
	readonly request: Request;
	readonly #envelope: Envelope;
	readonly #options: LegacyCallOptions;
	/** The questions that the client has not answered, by their id: their key in `inputRequests`. */
	readonly #open = new Map<Id, string>();
	#answers: Members = {};
	#requestState: unknown;
	#rounds = 0;
	/** The client is asked, and nothing is in flight at the server. */
	#asking = false;
	#over = false;

	constructor(
		request: Request,
		envelope: Envelope,
		options: LegacyCallOptions,
	) {
		this.request = request;
		this.#envelope = { ...envelope };
		this.#options = options;
	}

	/** Asks the server. */
	send(more: Members = {}): void {
		const params = { ...this.request.params, ...more };
		const request =
			this.request.params || Object.keys(more).length > 0
				? { ...this.request, params }
				: this.request;
		this.#options.ask(modernRequest(request, this.#envelope), (message) =>
			this.#hear(message),
		);
	}

	/** Takes the client's answer to a question; false where this call did not ask it. */
	answer(response: Response): boolean {
		const key = this.#open.get(response.id ?? "");
		if (key === undefined) return false;
		this.#open.delete(response.id as Id);
		if ("error" in response) {
			this.end({
				code: ErrorCode.internalError,
				message: `The server's question "${key}" was answered with an error: ${shown(response.error.message)}`,
				data: { code: "INPUT_REFUSED", cause: response.error },
			});
			return true;
		}
		this.#answers[key] = response.result;
		if (this.#open.size === 0) this.#retry();
		return true;
	}

	/** The client has cancelled the call; false where it is the server's to end it. */
	cancel(): boolean {
		const wasAsking = this.#asking;
		this.end(cancelledError);
		return wasAsking;
	}

	/** Ends the call while the client is asked; elsewhere it does nothing. */
	end(error: ErrorObject): void {
		if (!this.#asking) return;
		for (const id of this.#open.keys()) {
			this.#options.receive(cancellation(id, error.message));
		}
		this.#open.clear();
		this.#finish(errorOf(this.request.id, error));
	}

	#hear(message: Message): void {
		if (this.#over) return;
		if ("method" in message) {
			this.#options.receive(message);
		} else if ("error" in message) {
			const error = legacyError(message.error, this.request.method);
			this.#finish({ ...message, error });
		} else if (message.result.resultType === "input_required") {
			this.#askClient(message.result);
		} else if (!isComplete(message.result)) {
			this.#fail(
				`gave a result of a type that this client does not know ("${shown(message.result.resultType)}")`,
				"RESULT_NOT_TRANSLATABLE",
			);
		} else {
			const result = legacyResult(this.request.method, message.result);
			this.#finish({ ...message, result });
		}
	}

	#askClient({ inputRequests, requestState }: Members): void {
		if (++this.#rounds > mostRounds) {
			this.#fail(`asked for input more than ${mostRounds} times`);
			return;
		}
		this.#requestState = requestState;
		this.#answers = {};
		const questions: Request[] = [];
		for (const [key, entry] of Object.entries(inputRequests ?? {})) {
			const id = this.#options.nextQuestion();
			const question = questionOf(id, entry);
			const required =
				question && requiredCapability(question.method, question.params);
			if (!question || !required) {
				this.#fail(`asked for input that no client can give ("${key}")`);
				return;
			}
			if (!declares(this.#envelope.capabilities, required)) {
				this.#fail(
					`asked for "${question.method}", which the client has not declared`,
				);
				return;
			}
			questions.push(question);
			this.#open.set(id, key);
		}
		this.#asking = true;
		if (questions.length === 0) this.#retry();
		for (const question of questions) this.#options.receive(question);
	}

	#retry(): void {
		this.#asking = false;
		this.send({
			...(Object.keys(this.#answers).length > 0
				? { inputResponses: this.#answers }
				: {}),
			...(this.#requestState === undefined
				? {}
				: { requestState: this.#requestState }),
		});
	}

	#fail(what: string, code = "INPUT_NOT_POSSIBLE"): void {
		this.#open.clear();
		this.#finish(
			errorOf(this.request.id, {
				code: ErrorCode.internalError,
				message: `The server ${what}`,
				data: { code },
			}),
		);
	}

	#finish(response: Response): void {
		this.#asking = false;
		this.#over = true;
		this.#options.receive(response);
	}
}

/** A type that nobody knows is no result (2026-07-28, basic/index, 'ResultType'). */
function isComplete({ resultType }: Members): boolean {
	return resultType === undefined || resultType === "complete";
}
