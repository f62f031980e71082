import type { Json } from "../../harness/clients.ts";
import { type Message, RawClient } from "../../harness/raw-http.ts";
import type { Bridge } from "../../harness/start-bridge.ts";
import { answerTo } from "./answers.ts";
import type {
	AskOptions,
	Changes,
	ClientRevision,
	EraClient,
	Following,
	Question,
	Reply,
	Running,
	ServerIdentity,
} from "./era-client.ts";

/** A client with a handshake, of any of the revisions that have one. */
export class LegacyEraClient implements EraClient {
	readonly revision: ClientRevision;
	readonly #raw: RawClient;
	readonly #answered = new Set<Message>();
	#lastId = 0;
	#lastToken = 0;

	private constructor(revision: ClientRevision, raw: RawClient) {
		this.revision = revision;
		this.#raw = raw;
	}

	static async connect(
		bridge: Pick<Bridge, "url">,
		server: string,
		revision: ClientRevision,
		capabilities: Json,
	): Promise<LegacyEraClient> {
		const isSse = revision === "2024-11-05";
		const raw = await RawClient.connect(
			bridge,
			server,
			isSse ? "sse" : "streamable",
			{ protocolVersion: revision, capabilities, listen: !isSse },
		);
		return new LegacyEraClient(revision, raw);
	}

	async identity(): Promise<ServerIdentity> {
		const { result = {} } = await this.#raw.answer(0);
		return {
			serverInfo: result.serverInfo as Json,
			capabilities: result.capabilities as Json,
			instructions: result.instructions,
			revisions: [String(result.protocolVersion)],
		};
	}

	async ask(
		method: string,
		params?: Json,
		options: AskOptions = {},
	): Promise<Reply> {
		const { received } = this.#raw;
		const since = received.length;
		const id = await this.#send(method, params, options);
		const questions: Question[] = [];
		for (;;) {
			const message = await this.#raw.waitFor(
				(one) =>
					(one.method === undefined && one.id === id) || this.#isOpen(one),
				`the answer to ${method}`,
			);
			if (message.method !== undefined) {
				questions.push(await this.#answer(message));
				continue;
			}
			const { result, error } = message;
			const notifications = received
				.slice(since, received.indexOf(message))
				.filter((one) => one.id === undefined);
			return {
				...(result && { result }),
				...(error && { error }),
				notifications,
				questions,
			};
		}
	}

	async begin(method: string, params: Json): Promise<Running> {
		const progressToken = `token-${++this.#lastToken}`;
		const id = await this.#send(method, params, { progressToken });
		return {
			progress: () =>
				this.#raw.waitFor(
					(one) => one.params?.progressToken === progressToken,
					"progress",
				),
			answer: () => this.#raw.answer(id),
			cancel: async (reason) => {
				await this.tell("notifications/cancelled", { requestId: id, reason });
				return reason;
			},
		};
	}

	async setLogLevel(level: string): Promise<void> {
		await this.ask("logging/setLevel", { level });
	}

	async follow(changes: Changes): Promise<Following> {
		const { received } = this.#raw;
		const since = received.length;
		const isNew = (method: string) => (one: Message) =>
			one.method === method && received.indexOf(one) >= since;
		if (changes !== "lists") await this.ask("resources/subscribe", changes);
		return {
			heard: (method) => this.#raw.waitFor(isNew(method), method),
			soFar: (method) => received.filter(isNew(method)),
			stop: async () => {
				if (changes !== "lists")
					await this.ask("resources/unsubscribe", changes);
			},
		};
	}

	tell(method: string, params: Json): Promise<number> {
		return this.#raw.send({ jsonrpc: "2.0", method, params });
	}

	async close(): Promise<void> {
		if (this.#raw.transport === "streamable")
			await fetch(this.#raw.endpoint, {
				method: "DELETE",
				headers: this.#raw.headers,
			});
		this.#raw.close();
	}

	async #send(
		method: string,
		params: Json | undefined,
		{ progressToken, meta }: AskOptions,
	): Promise<number> {
		const id = ++this.#lastId;
		const _meta = {
			...meta,
			...(progressToken === undefined ? {} : { progressToken }),
		};
		const hasMeta = Object.keys(_meta).length > 0;
		await this.#raw.send({
			jsonrpc: "2.0",
			id,
			method,
			...((params || hasMeta) && {
				params: { ...params, ...(hasMeta && { _meta }) },
			}),
		});
		return id;
	}

	#isOpen(message: Message): boolean {
		const isQuestion = message.method !== undefined && message.id !== undefined;
		return isQuestion && !this.#answered.has(message);
	}

	async #answer(message: Message): Promise<Question> {
		this.#answered.add(message);
		const { id = 0, method = "", params = {} } = message;
		const question = { method, params };
		await this.#raw.send({ jsonrpc: "2.0", id, result: answerTo(question) });
		return question;
	}
}
