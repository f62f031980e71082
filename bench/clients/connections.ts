import { connect, type Socket } from "node:net";
import { type Receiver, ResponseReader } from "./response-reader.ts";

/** Connections that nothing was sent on for so long are closed: httpx does after 5 s, undici after 4 s. */
const unusedMs = 4_000;

/**
 * The connections of one client to one host, kept alive.
 *
 * Not node:http, whose client takes more CPU for a request than the relay does, and so would hide what it should measure.
 * For the same reason there are no closures here: tsx makes each one costly by giving it a name.
 */
export class Connections {
	readonly #url: URL;
	readonly #open = new Set<Connection>();
	readonly #unused: Connection[] = [];

	constructor(url: URL) {
		this.#url = url;
	}

	/** All of a request's head that is the same from one request to the next. */
	head(
		method: string,
		{ pathname, search }: URL,
		headers: Record<string, string>,
	): string {
		const lines = Object.entries(headers).map(
			([name, value]) => `${name}: ${value}\r\n`,
		);
		return `${method} ${pathname}${search} HTTP/1.1\r\nhost: ${this.#url.host}\r\n${lines.join("")}`;
	}

	send(head: string, body: string | undefined, receiver: Receiver): Connection {
		const connection = this.#unused.pop() ?? this.#connect();
		connection.send(head, body, receiver);
		return connection;
	}

	close(): void {
		for (const connection of this.#open) connection.destroy();
	}

	#connect(): Connection {
		const connection = new Connection(this.#url, this.#unused, () => {
			this.#open.delete(connection);
			const index = this.#unused.indexOf(connection);
			if (index !== -1) this.#unused.splice(index, 1);
		});
		this.#open.add(connection);
		return connection;
	}
}

/** One request at a time. */
export class Connection {
	readonly #socket: Socket;
	readonly #unused: Connection[];
	#reader: ResponseReader | undefined;

	constructor(url: URL, unused: Connection[], onClose: () => void) {
		this.#unused = unused;
		this.#socket = connect(Number(url.port), url.hostname)
			.setNoDelay()
			.on("data", (bytes) => this.#read(bytes))
			.on("timeout", () => this.destroy())
			// Told to the receiver on close.
			.on("error", () => {})
			.on("close", () => {
				onClose();
				this.#reader?.close(
					this.#socket.errored ?? new Error("connection closed by the server"),
				);
			});
	}

	send(head: string, body: string | undefined, receiver: Receiver): void {
		this.#reader = new ResponseReader(receiver);
		this.#socket.setTimeout(0);
		this.#socket.write(
			body === undefined
				? `${head}\r\n`
				: `${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
		);
	}

	destroy(reason?: Error): void {
		this.#socket.destroy(reason);
	}

	#read(bytes: Buffer): void {
		const reader = this.#reader;
		if (!reader?.read(bytes)) return;
		this.#reader = undefined;
		if (reader.reusable) {
			this.#socket.setTimeout(unusedMs);
			this.#unused.push(this);
		} else this.destroy();
		reader.receiver.end();
	}
}
