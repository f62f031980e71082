import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { root } from "../harness/runtimes.ts";
import type { ServerInput } from "../harness/start-bridge.ts";
import { installExamplePython, installGithub } from "../servers/install.ts";
import { attempt } from "../servers/run.ts";
import { scratch } from "../servers/scratch.ts";

/** Calls a tool of a server by its own name, and gives the text of its result. */
export type CallTool = (
	server: string,
	tool: string,
	args: object,
) => Promise<string>;

export interface NineServers {
	readonly servers: Record<string, ServerInput>;
	/** A tool of each server. */
	readonly tools: Record<string, string>;
	/** Which of them are themselves, and which are a stand-in. */
	readonly description: string;
	/** Calls each server that can be called here, and checks what it says. */
	check(call: CallTool): Promise<void>;
	close(): void;
}

const message = "é, 漢, 🙂";
const names = [
	...["filesystem", "memory", "fetch", "github", "postgres"],
	...["timescaledb", "n8n", "playwright", "monitoring"],
];

/** The nine servers of docs/clients/litellm.config.yaml: those that cost little here, and a stand-in for each other one. */
export async function nineServers(): Promise<NineServers> {
	const files = scratch("files");
	mkdirSync(files, { recursive: true });
	const file = path.join(files, "hello.txt");
	writeFileSync(file, message);
	const page = createServer((_, response) => {
		response.writeHead(200, { "content-type": "text/plain; charset=utf-8" });
		response.end(message);
	});
	await new Promise<void>((resolve) => page.listen(0, "127.0.0.1", resolve));
	const { port } = page.address() as AddressInfo;

	const real: Record<string, ServerInput> = {
		filesystem: {
			command: path.join(root, "node_modules/.bin/mcp-server-filesystem"),
			args: [files],
			isolation: "shared",
		},
		memory: {
			command: path.join(root, "node_modules/.bin/mcp-server-memory"),
			env: { MEMORY_FILE_PATH: scratch("memory.jsonl") },
			isolation: "shared",
			concurrency: 1,
		},
	};
	const missing: string[] = [];
	const add = async (name: string, entry: () => Promise<ServerInput>) => {
		const had = await attempt(entry);
		if ("value" in had) real[name] = had.value;
		else missing.push(`${name} cannot be installed here (${had.missing})`);
	};
	await add("fetch", async () => ({
		command: path.join(await installExamplePython("fetch"), "mcp-server-fetch"),
		args: ["--allow-private-ips"],
	}));
	await add("github", async () => ({
		command: path.join(
			(await installGithub(() => {})).bin,
			"github-mcp-server",
		),
		args: ["stdio"],
		// Nothing that it is asked for here leaves the machine.
		env: {
			GITHUB_PERSONAL_ACCESS_TOKEN: "none",
			GITHUB_HOST: "http://127.0.0.1",
		},
	}));
	const standIn: ServerInput = {
		command: process.execPath,
		args: [path.join(root, "test/fixtures/everything.mjs")],
		// LiteLLM takes only the first page of a list.
		env: { PAGE_SIZE: "100" },
	};
	const standIns = names.filter((name) => !(name in real));
	const tools: Record<string, string> = {
		filesystem: "read_text_file",
		memory: "create_entities",
		fetch: "fetch",
		github: "get_me",
		...Object.fromEntries(standIns.map((name) => [name, "echo"])),
	};

	return {
		servers: Object.fromEntries(
			names.map((name) => [name, { ...(real[name] ?? standIn), warm: 1 }]),
		),
		tools,
		description: [
			`${Object.keys(real).join(", ")} are the real servers`,
			...("github" in real
				? ["github is listed and not called, since its API is out of reach"]
				: []),
			`a program of the tests stands in for ${standIns.join(", ")}`,
			...missing,
		].join("; "),
		async check(call) {
			const text = await call("filesystem", "read_text_file", { path: file });
			assert.equal(text, message, "filesystem");
			const name = `entity ${Date.now()}`;
			await call("memory", "create_entities", {
				entities: [{ name, entityType: "test", observations: [message] }],
			});
			const found = await call("memory", "search_nodes", { query: name });
			assert.match(found, /é, 漢, 🙂/u, "memory");
			if ("fetch" in real) {
				const url = `http://127.0.0.1:${port}/`;
				assert.match(
					await call("fetch", "fetch", { url }),
					/é, 漢, 🙂/u,
					"fetch",
				);
			}
			for (const server of standIns)
				assert.equal(await call(server, "echo", { message }), message, server);
		},
		close: () => page.close(),
	};
}
