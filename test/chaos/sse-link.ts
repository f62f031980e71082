import type { Connection } from "./connection.ts";

/** The endpoint event, whatever other fields it has. */
const endpointEvent =
	/^event: ?endpoint\r?\n(?:[^\r\n]+\r?\n)*?data: ?(.*)\r?\n/m;

/** What one client of HTTP+SSE has of the bridge: a stream, and the endpoint that this named. */
export class SseLink {
	/** Where messages go, while the stream is open that said so. */
	endpoint: string | undefined;
	/** The status that refused the last attempt to open a stream. */
	refused: number | undefined;
	readonly #waiting = new Set<() => void>();
	#stream: Connection | undefined;

	/** Settles when a stream is open, or was refused. */
	settled(): Promise<void> {
		return new Promise((resolve) => {
			const look = () => {
				if (this.endpoint === undefined && this.refused === undefined) return;
				this.#waiting.delete(look);
				resolve();
			};
			this.#waiting.add(look);
			look();
		});
	}

	/** From now on it is this stream that counts. */
	begin(stream: Connection): void {
		this.#stream = stream;
	}

	/** No stream counts. */
	forget(): void {
		this.#stream = undefined;
		this.endpoint = undefined;
		this.refused = undefined;
	}

	refuse(status: number): void {
		this.refused = status;
		this.#wake();
	}

	/** More of a stream has arrived; who reads it gets to see it after this. */
	arrived(stream: Connection): void {
		if (this.#stream !== stream || this.endpoint !== undefined) return;
		this.endpoint = endpointEvent.exec(stream.received)?.[1];
		if (this.endpoint !== undefined) setImmediate(() => this.#wake());
	}

	/** A stream is over; gives whether it is the one that counts. */
	over(stream: Connection): boolean {
		if (this.#stream !== stream) return false;
		this.#stream = undefined;
		this.endpoint = undefined;
		return true;
	}

	#wake(): void {
		for (const look of [...this.#waiting]) look();
	}
}
