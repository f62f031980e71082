import type { Connection, Connections } from "./connections.ts";
import { eventReader } from "./events.ts";
import type { Header, Receiver } from "./response-reader.ts";
import { requestTimeoutMs } from "./session.ts";

export const postHeaders = {
	"content-type": "application/json",
	accept: "application/json, text/event-stream",
};

type OnMessage = (text: string, header: Header) => void;

/**
 * Sends a request and waits for the end of its response, which has to be a success.
 * `onMessage` gets what it holds: its body, or the data of each event if it is an event stream.
 */
export function exchange(
	connections: Connections,
	head: string,
	body: string | undefined,
	onMessage: OnMessage = ignore,
): Promise<void> {
	return new Promise((resolve, reject) => {
		const receiver = new Exchange(onMessage, resolve, reject);
		receiver.timeOut(connections.send(head, body, receiver));
	});
}

export function isSuccess(status: number): boolean {
	return status >= 200 && status < 300;
}

/** The first words of an error page, without markup and stack trace. */
function summary(body: string): string {
	return body
		.replaceAll(/<[^>]*>|&nbsp;|\s+/g, " ")
		.replaceAll(/ +/g, " ")
		.replace(/ at \S+ \(.*/, "")
		.trim()
		.slice(0, 200);
}

function ignore(): void {}

class Exchange implements Receiver {
	readonly #onMessage: OnMessage;
	readonly #resolve: () => void;
	readonly #reject: (error: Error) => void;
	#timer: NodeJS.Timeout | undefined;
	#status = 0;
	#header: Header = ignore as Header;
	#events: ((piece: string) => void) | undefined;
	#body = "";

	constructor(
		onMessage: OnMessage,
		resolve: () => void,
		reject: (error: Error) => void,
	) {
		this.#onMessage = onMessage;
		this.#resolve = resolve;
		this.#reject = reject;
	}

	timeOut(connection: Connection): void {
		this.#timer = setTimeout(
			() =>
				connection.destroy(new Error(`no answer in ${requestTimeoutMs} ms`)),
			requestTimeoutMs,
		);
	}

	head(status: number, header: Header): void {
		this.#status = status;
		this.#header = header;
		if (
			isSuccess(status) &&
			header("content-type")?.startsWith("text/event-stream")
		)
			this.#events = eventReader((_, data) => this.#onMessage(data, header));
	}

	text(piece: string): void {
		if (this.#events) this.#events(piece);
		else this.#body += piece;
	}

	end(): void {
		clearTimeout(this.#timer);
		if (!isSuccess(this.#status)) {
			this.#reject(new Error(`HTTP ${this.#status} ${summary(this.#body)}`));
			return;
		}
		if (this.#body !== "") this.#onMessage(this.#body, this.#header);
		this.#resolve();
	}

	fail(error: Error): void {
		clearTimeout(this.#timer);
		this.#reject(error);
	}
}
