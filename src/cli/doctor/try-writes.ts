import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Logger } from "pino";
import type {
	BridgeConfig,
	ServerConfig,
} from "../../config/resolve-config.ts";
import { printJson } from "../../protocol/json.ts";
import { BridgeClient } from "../bridge-client.ts";
import { onlyServer } from "../choose-server.ts";
import { closeBridge, openBridge } from "../open-bridge.ts";
import { insideBase } from "../with-client.ts";
import type { Findings } from "./findings.ts";

const calls = 20;
const probe = "mcp-edge-bridge-doctor";

/**
 * Whether writes that come at once are kept, where there is a way to try that
 * on this server; undefined where there is none. `server-memory` gets a file of
 * its own in a temporary folder, with one entity in it; nothing is written
 * before it has shown that it reads that file and no other.
 */
export async function tryWrites(
	config: BridgeConfig,
	name: string,
	log: Logger,
): Promise<Findings["writes"]> {
	const entry = config.servers[name];
	if (!entry || !isServerMemory(entry)) return undefined;
	const folder = await mkdtemp(join(tmpdir(), `${probe}-`)).catch(
		(error: Error) => error,
	);
	if (folder instanceof Error) {
		return { skipped: `there can be no temporary file: ${folder.message}` };
	}
	const file = join(folder, "memory.jsonl");
	const first = { type: "entity", ...entityOf(probe) };
	await writeFile(file, `${JSON.stringify(first)}\n`);
	const env = { ...entry.env, MEMORY_FILE_PATH: file };
	const servers = { ...config.servers, [name]: { ...entry, env } };
	const bridge = openBridge(onlyServer({ ...config, servers }, name), log);
	try {
		const client = new BridgeClient(
			(request) => bridge.app.fetch(request),
			insideBase,
			name,
		);
		await client.initialize();
		const call = (name: string, input: object) =>
			client.ask("tools/call", { name, arguments: { ...input } });
		const graph = await call("read_graph", {});
		if ("error" in graph) return { skipped: graph.error.message };
		if (!printJson(graph.result).includes(probe)) {
			return { skipped: "it does not read the file of MEMORY_FILE_PATH" };
		}
		const names = Array.from({ length: calls }, (_, at) => `${probe}-${at}`);
		await Promise.all(
			names.map((each) =>
				call("create_entities", { entities: [entityOf(each)] }),
			),
		);
		const written = await readFile(file, "utf8");
		const kept = names.filter((each) => written.includes(`"${each}"`)).length;
		return { calls, kept };
	} finally {
		await closeBridge(bridge);
		await rm(folder, { recursive: true, force: true });
	}
}

/** A container does not see the temporary file. */
function isServerMemory({ command, args }: ServerConfig): boolean {
	return [command, ...args].some((word) =>
		/(?:^|\/)(?:mcp-server-memory|@modelcontextprotocol\/server-memory(?:@[\w.-]+)?)$/.test(
			word,
		),
	);
}

function entityOf(name: string) {
	return { name, entityType: "probe", observations: [] };
}
