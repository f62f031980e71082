import { Connections } from "../bench/clients/connections.ts";
import { exchange, postHeaders } from "../bench/clients/exchange.ts";
import { encode, type Session } from "../bench/clients/session.ts";
import { type Answered, askOnce } from "./ask-once.ts";

/** A client of Streamable HTTP, on connections of its own, that can also leave without a word. */
export class StreamableClient implements Session {
	readonly #url: URL;
	readonly #revision: string;
	readonly #connections: Connections;
	readonly #stream: Connections;
	/** Those of the session, once there is one. */
	#headers: Record<string, string> = {};
	#lastId = 0;
	#streamEnded: string | undefined;

	constructor(url: URL, revision: string) {
		this.#url = url;
		this.#revision = revision;
		this.#connections = new Connections(url);
		this.#stream = new Connections(url);
	}

	async ask(method: string, params: object): Promise<unknown> {
		return (await this.askAll(method, params)).result;
	}

	/** With what came before the answer. */
	async askAll(method: string, params: object): Promise<Answered> {
		const answered = await askOnce(
			this.#connections,
			this.#head("POST", postHeaders),
			{ id: ++this.#lastId, method, params },
		);
		if (method === "initialize") this.#enter(answered);
		return answered;
	}

	tell(method: string): Promise<void> {
		return exchange(
			this.#connections,
			this.#head("POST", postHeaders),
			encode({ method }),
		);
	}

	/** Opens the session's stream; resolves once its head is there. */
	listen(): Promise<void> {
		return new Promise((resolve, reject) => {
			const over = (reason: string) => {
				this.#streamEnded = reason;
				reject(new Error(reason));
			};
			this.#stream.send(
				this.#head("GET", { accept: "text/event-stream" }),
				undefined,
				{
					head(status, header) {
						const type = header("content-type");
						if (status === 200 && type?.startsWith("text/event-stream"))
							resolve();
						else reject(new Error(`GET is answered by ${status}, ${type}`));
					},
					text() {},
					end: () => over("the stream of GET has ended"),
					fail: ({ message }) => over(`the stream of GET: ${message}`),
				},
			);
		});
	}

	/** Cuts the session's stream. */
	cut(): void {
		if (this.#streamEnded) throw new Error(this.#streamEnded);
		this.#stream.close();
	}

	/** Ends the session. */
	async close(): Promise<void> {
		const head = this.#head("DELETE", {});
		await exchange(this.#connections, head, undefined);
		this.leave();
	}

	/** Closes its connections and leaves the session to the bridge. */
	leave(): void {
		this.#connections.close();
		this.#stream.close();
	}

	/** A stray answer is an error of the question meanwhile. */
	strays(): number {
		return 0;
	}

	#head(method: string, headers: Record<string, string>): string {
		const all = { ...headers, ...this.#headers };
		return this.#connections.head(method, this.#url, all);
	}

	#enter({ header }: Answered): void {
		const id = header("mcp-session-id");
		if (!id) throw new Error("the answer to initialize names no session");
		this.#headers = {
			"mcp-session-id": id,
			"mcp-protocol-version": this.#revision,
		};
	}
}
