import { connect, type Socket } from "node:net";
import { acceptBoth } from "./raw-http.ts";
import type { Bridge } from "./start-bridge.ts";

type Address = Pick<Bridge, "url">;

/** The head of a request, with the empty line behind it. */
export function head(
	bridge: Address,
	method: string,
	path: string,
	headers: Record<string, string> = {},
): string {
	const all = {
		host: new URL(bridge.url).host,
		accept: acceptBoth,
		...headers,
	};
	const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
	return `${[`${method} ${path} HTTP/1.1`, ...lines].join("\r\n")}\r\n\r\n`;
}

/** A connection without any HTTP client, which reads and writes just what a test says. */
export class RawSocket {
	/** Everything that came. */
	received = "";
	/** Settles when nothing comes any more, in whatever way. */
	readonly closed: Promise<void>;
	readonly #socket: Socket;
	readonly #watchers = new Set<() => void>();

	private constructor(socket: Socket) {
		this.#socket = socket;
		socket.setEncoding("utf8").on("data", (chunk: string) => {
			this.received += chunk;
			this.#wake();
		});
		// A connection that is cut is what tests are about.
		socket.on("error", () => {});
		this.closed = new Promise((resolve) => {
			socket.once("close", () => {
				resolve();
				this.#wake();
			});
		});
	}

	static open(bridge: Address): Promise<RawSocket> {
		const { hostname, port } = new URL(bridge.url);
		return new Promise((resolve, reject) => {
			const socket = connect(Number(port), hostname.replace(/^\[|\]$/g, ""));
			socket.once("error", reject);
			socket.once("connect", () => resolve(new RawSocket(socket)));
		});
	}

	/** Opens a connection and writes to it. */
	static async send(bridge: Address, text: string): Promise<RawSocket> {
		const socket = await RawSocket.open(bridge);
		socket.write(text);
		return socket;
	}

	/** The port that it comes from. */
	get port(): number {
		return this.#socket.localPort ?? 0;
	}

	#wake(): void {
		for (const watcher of this.#watchers) watcher();
	}

	write(content: string | Uint8Array): void {
		this.#socket.write(content);
	}

	/** Waits until what has come matches. */
	async until(pattern: RegExp, deadlineMs = 20_000): Promise<RegExpExecArray> {
		let watcher = () => {};
		let timer: NodeJS.Timeout | undefined;
		try {
			return await new Promise((resolve, reject) => {
				const fail = (why: string) =>
					reject(
						new Error(
							`${why} without ${pattern}: ${this.received.slice(-2000)}`,
						),
					);
				watcher = () => {
					const found = pattern.exec(this.received);
					if (found) resolve(found);
					else if (this.#socket.closed) fail("The connection was closed");
				};
				this.#watchers.add(watcher);
				timer = setTimeout(() => fail(`${deadlineMs} ms passed`), deadlineMs);
				watcher();
			});
		} finally {
			clearTimeout(timer);
			this.#watchers.delete(watcher);
		}
	}

	/** Takes nothing more out of the connection. */
	stopReading(): void {
		this.#socket.pause();
	}

	readOn(): void {
		this.#socket.resume();
	}

	/** Says that it sends nothing more, and goes on reading. */
	halfClose(): void {
		this.#socket.end();
	}

	close(): void {
		this.#socket.destroy();
	}
}

/** What one request got, where the connection is closed behind the answer. */
export interface RawAnswer {
	status: number;
	head: string;
	body: string;
}

export function answerOf(received: string): RawAnswer {
	const [first = "", ...rest] = received.split("\r\n\r\n");
	const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1]);
	const body = rest.join("\r\n\r\n");
	return { status, head: first.toLowerCase(), body };
}

/** A POST with its body as text; its length is that of the body unless the headers say something else. */
export function postText(
	bridge: Address,
	path: string,
	message: unknown,
	headers: Record<string, string> = {},
): string {
	const body = JSON.stringify(message);
	const all = {
		"content-type": "application/json",
		"content-length": String(Buffer.byteLength(body)),
		...headers,
	};
	return head(bridge, "POST", path, all) + body;
}

/** One POST on a connection of its own, which no wire tap keeps: for bodies that are many and large. */
export async function postRaw(
	bridge: Address,
	path: string,
	message: unknown,
	headers: Record<string, string> = {},
): Promise<RawAnswer> {
	const close = { connection: "close", ...headers };
	const text = postText(bridge, path, message, close);
	const socket = await RawSocket.send(bridge, text);
	await socket.closed;
	return answerOf(socket.received);
}
