import type { Message } from "../harness/raw-http.ts";
import type { ClientContext } from "./chaos-client.ts";
import type { TrackedRequest } from "./tracked-request.ts";

/** The ids that one client has given, from 0 on as every other client does, and whose answers they are. */
export class IdBook {
	readonly #context: ClientContext;
	readonly #childErrorCode: number;
	readonly #requests = new Map<string, TrackedRequest>();
	#next = 0;

	constructor(context: ClientContext, childErrorCode: number) {
		this.#context = context;
		this.#childErrorCode = childErrorCode;
	}

	enter(request: TrackedRequest): string | number {
		const id = this.#context.textIds ? String(this.#next++) : this.#next++;
		this.#requests.set(JSON.stringify(id), request);
		return id;
	}

	/** Takes what the bridge says. */
	take(message: Message): void {
		if (message.method !== undefined) return;
		const request = this.#requests.get(JSON.stringify(message.id));
		if (request === undefined) {
			this.#context.journal.violation(
				`${this.#context.name} asked nothing with the id of ${JSON.stringify(message)}`,
				this.#context.name,
			);
			return;
		}
		const { result, error } = message;
		if (request.tool === "initialize" && result !== undefined) {
			request.accept();
			return;
		}
		request.answer({ text: textOf(result), error }, this.#childErrorCode);
	}
}

/** The text of the first content block of the result of `tools/call`. */
export function textOf(result: unknown): string | undefined {
	const { content } = Object(result) as { content?: { text: string }[] };
	return content?.[0]?.text;
}
