import type { Json } from "../../harness/clients.ts";
import { ModernClient, modernRevision } from "../../harness/modern-client.ts";
import {
	initializeRequest,
	type Message,
	post,
} from "../../harness/raw-http.ts";
import type { Bridge } from "../../harness/start-bridge.ts";
import { answerTo } from "./answers.ts";
import type {
	AskOptions,
	Changes,
	EraClient,
	Following,
	Question,
	Reply,
	Running,
	ServerIdentity,
} from "./era-client.ts";

/** A client of revision 2026-07-28. */
export class ModernEraClient implements EraClient {
	readonly revision = modernRevision;
	readonly #client: ModernClient;
	readonly #streams = new Set<{ close(): void }>();
	#level: string | undefined;

	constructor(bridge: Pick<Bridge, "url">, server: string, capabilities: Json) {
		this.#client = new ModernClient(bridge, server, {
			capabilities,
			clientInfo: initializeRequest().params?.clientInfo as Json,
		});
	}

	async identity(): Promise<ServerIdentity> {
		const { result = {} } = await this.ask("server/discover");
		const meta = result._meta as Json;
		return {
			serverInfo: meta["io.modelcontextprotocol/serverInfo"] as Json,
			capabilities: result.capabilities as Json,
			instructions: result.instructions,
			revisions: result.supportedVersions as string[],
		};
	}

	async ask(
		method: string,
		{ _meta, ...params }: Json = {},
		options: AskOptions = {},
	): Promise<Reply> {
		const notifications: Message[] = [];
		const questions: Question[] = [];
		let retry: Json = {};
		for (;;) {
			const round = await this.#client.request(
				method,
				{ ...params, ...retry },
				this.#options({
					...options,
					meta: { ...(_meta ?? {}), ...options.meta },
				}),
			);
			notifications.push(...round.notifications);
			const { status, response } = round;
			const { result, error } = response;
			if (result?.resultType !== "input_required")
				return {
					status,
					...(result && { result }),
					...(error && { error }),
					notifications,
					questions,
				};
			if (questions.length > 20) throw new Error(`${method} asks without end`);
			const inputResponses: Json = {};
			for (const [key, entry] of Object.entries(result.inputRequests ?? {})) {
				const question = { method: entry.method, params: entry.params ?? {} };
				questions.push(question);
				inputResponses[key] = answerTo(question);
			}
			const { requestState } = result;
			retry = {
				inputResponses,
				...(requestState === undefined ? {} : { requestState }),
			};
		}
	}

	async begin(method: string, params: Json): Promise<Running> {
		const stream = await this.#client.stream(
			method,
			params,
			this.#options({ progressToken: "token" }),
		);
		this.#streams.add(stream);
		return {
			progress: () =>
				stream.message(
					(one) => one.method === "notifications/progress",
					"progress",
				),
			answer: () => stream.message(({ id }) => id !== undefined, "the answer"),
			async cancel() {
				stream.close();
				return undefined;
			},
		};
	}

	async setLogLevel(level: string): Promise<void> {
		this.#level = level;
	}

	async follow(changes: Changes): Promise<Following> {
		const stream = await this.#client.listen(
			changes === "lists"
				? {
						toolsListChanged: true,
						resourcesListChanged: true,
						promptsListChanged: true,
					}
				: { resourceSubscriptions: [changes.uri] },
		);
		this.#streams.add(stream);
		const is = (method: string) => (one: Message) => one.method === method;
		return {
			heard: (method) => stream.message(is(method), method),
			soFar: (method) => stream.messages.filter(is(method)),
			stop: async () => stream.close(),
		};
	}

	async tell(method: string, params: Json): Promise<number> {
		const { id: _, ...message } = this.#client.message(method, params);
		const response = await post(this.#client.url, message, {
			"mcp-protocol-version": modernRevision,
			"mcp-method": method,
		});
		return response.status;
	}

	async close(): Promise<void> {
		for (const stream of this.#streams) stream.close();
	}

	#options({ progressToken, meta }: AskOptions) {
		return {
			meta: {
				...meta,
				...(progressToken === undefined ? {} : { progressToken }),
			},
			...(this.#level === undefined ? {} : { logLevel: this.#level }),
		};
	}
}
