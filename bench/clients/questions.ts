import { type Message, requestTimeoutMs, resultOf } from "./session.ts";

interface Question {
	readonly resolve: (result: unknown) => void;
	readonly reject: (error: Error) => void;
	readonly timer: NodeJS.Timeout;
}

/** The questions of a session whose answers come on one stream, in any order. */
export class Questions {
	strays = 0;
	#lastId = 0;
	#open = new Map<unknown, Question>();

	/** Calls `send` with the id of a new question. Rejects if `send` does. */
	ask(send: (id: number) => Promise<void>): Promise<unknown> {
		const id = ++this.#lastId;
		return new Promise((resolve, reject) => {
			const timer = setTimeout(
				() => this.#fail(id, new Error(`no answer in ${requestTimeoutMs} ms`)),
				requestTimeoutMs,
			);
			this.#open.set(id, { resolve, reject, timer });
			send(id).catch((error) => this.#fail(id, error));
		});
	}

	answer(text: string): void {
		const message: Message = JSON.parse(text);
		if (message.method !== undefined) return;
		const question = this.#close(message.id);
		if (!question) {
			this.strays++;
			return;
		}
		try {
			question.resolve(resultOf(message));
		} catch (error) {
			question.reject(error as Error);
		}
	}

	/** The stream ended: no answer can come any more. */
	end(error: Error): void {
		for (const id of [...this.#open.keys()]) this.#fail(id, error);
	}

	#fail(id: unknown, error: Error): void {
		this.#close(id)?.reject(error);
	}

	#close(id: unknown): Question | undefined {
		const question = this.#open.get(id);
		clearTimeout(question?.timer);
		this.#open.delete(id);
		return question;
	}
}
