import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { freePort } from "../harness/free-port.ts";
import { type Program, start } from "../servers/run.ts";
import { scratch } from "../servers/scratch.ts";
import type { CallAnswer } from "./client-program.ts";
import { docs } from "./install.ts";
import type { Transport } from "./outcome.ts";

/** Its first start compiles some thousand files of Python. */
const startTimeoutMs = 300_000;
/** It may open a session to each of nine servers for one request. */
const requestTimeoutMs = 300_000;

/** What LiteLLM gives to MCP clients: all tools, with their server's name before theirs. */
export interface LiteLlmClient {
	/** The names of the tools. */
	list(): Promise<string[]>;
	call(name: string, args: object): Promise<CallAnswer>;
}

/** LiteLLM's proxy with the config of the docs, and what it offers to its own clients. */
export class LiteLlmProxy {
	readonly #program: Program;
	readonly #url: string;
	readonly #headers: Record<string, string>;

	private constructor(program: Program, url: string, key: string) {
		this.#program = program;
		this.#url = url;
		this.#headers = { authorization: `Bearer ${key}` };
	}

	/** Starts docs/clients/litellm.config.yaml with the bridge's address put in, and SSE where that is wanted. */
	static async start(
		bin: string,
		bridge: string,
		transport: Transport,
	): Promise<LiteLlmProxy> {
		const shown = readFileSync(path.join(docs, "litellm.config.yaml"), "utf8");
		const text = shown.replaceAll("http://mcp-edge-bridge:8080", bridge);
		const config = scratch("litellm.config.yaml");
		writeFileSync(
			config,
			transport === "/mcp"
				? text
				: text
						.replaceAll('/mcp"', '/sse"')
						.replaceAll('transport: "http"', 'transport: "sse"'),
		);
		const port = await freePort();
		const key = `sk-${randomBytes(32).toString("hex")}`;
		const url = `http://127.0.0.1:${port}`;
		const program = await start(
			[
				path.join(bin, "litellm"),
				...["--config", config, "--host", "127.0.0.1", "--port", `${port}`],
			],
			() => lives(`${url}/health/liveliness`),
			{
				cwd: path.dirname(config),
				env: {
					LITELLM_MASTER_KEY: key,
					// Its list of models is the installed one, not a download.
					LITELLM_LOCAL_MODEL_COST_MAP: "True",
				},
				timeoutMs: startTimeoutMs,
			},
		);
		return new LiteLlmProxy(program, url, key);
	}

	/** The names that `GET /mcp-rest/tools/list` gives, by server. */
	async listByRest(): Promise<Map<string, string[]>> {
		const { tools } = await this.#request("/mcp-rest/tools/list");
		const found = new Map<string, string[]>();
		for (const { name, mcp_info } of tools) {
			const server = mcp_info?.server_name ?? "";
			found.set(server, [...(found.get(server) ?? []), name]);
		}
		return found;
	}

	/** The text of the result that `POST /mcp-rest/tools/call` gives. */
	async callByRest(
		server: string,
		tool: string,
		args: object,
	): Promise<string> {
		const result = await this.#request("/mcp-rest/tools/call", {
			// Version 1.75 needs the prefix, later ones the server.
			server_id: server,
			name: `${server}-${tool}`,
			arguments: args,
		});
		// Version 1.75 answers with the content alone.
		const content = Array.isArray(result) ? result : result.content;
		return content[0].text;
	}

	/** Uses its own MCP endpoint in one session. */
	async asClient<T>(use: (client: LiteLlmClient) => Promise<T>): Promise<T> {
		const client = new Client({ name: "example", version: "1.0.0" });
		const timeout = requestTimeoutMs;
		await client.connect(
			new StreamableHTTPClientTransport(new URL(`${this.#url}/mcp/`), {
				requestInit: { headers: this.#headers },
			}),
			{ timeout },
		);
		try {
			return await use({
				async list() {
					const { tools } = await client.listTools(undefined, { timeout });
					return tools.map(({ name }) => name);
				},
				async call(name, args) {
					const progress: number[] = [];
					const { content } = await client.callTool(
						{ name, arguments: { ...args } },
						undefined,
						{ timeout, onprogress: (step) => progress.push(step.progress) },
					);
					const [block] = content as { text?: string }[];
					return { text: block?.text ?? "", progress };
				},
			});
		} finally {
			await client.close();
		}
	}

	/** It has nothing to save, and its own end takes long. */
	stop(): Promise<void> {
		return this.#program.stop("SIGKILL");
	}

	async #request(path: string, body?: object) {
		const response = await fetch(`${this.#url}${path}`, {
			signal: AbortSignal.timeout(requestTimeoutMs),
			headers: { ...this.#headers, "content-type": "application/json" },
			...(body && { method: "POST", body: JSON.stringify(body) }),
		});
		const text = await response.text();
		if (!response.ok)
			throw new Error(`${path} of LiteLLM: ${response.status} ${text}`);
		return JSON.parse(text);
	}
}

async function lives(url: string): Promise<boolean> {
	try {
		return (await fetch(url)).ok;
	} catch {
		return false;
	}
}
