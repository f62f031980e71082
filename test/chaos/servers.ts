import path from "node:path";
import type { Json } from "../harness/clients.ts";
import { root } from "../harness/runtimes.ts";
import {
	type BridgeInput,
	fixture,
	type ServerInput,
} from "../harness/start-bridge.ts";
import type { Random } from "./random.ts";

/** A tool that gives back the nonce that it is called with. */
export interface NonceTool {
	name: string;
	/** How often it is called, compared with the others. */
	weight: number;
	args(nonce: string, random: Random): Json;
}

/** A server under the load. */
export interface LoadedServer {
	name: string;
	entry: ServerInput;
	tools: readonly NonceTool[];
	/** Only clients with a session can use it. */
	sessionsOnly?: boolean;
}

const slowestMs = 1500;

const slowly = (nonce: string, random: Random) => ({
	nonce,
	ms: random.between(1, slowestMs),
});
const chaosTools: readonly NonceTool[] = [
	{ name: "echo", weight: 6, args: (nonce) => ({ nonce }) },
	{ name: "read", weight: 2, args: (nonce) => ({ nonce }) },
	{ name: "slow", weight: 2, args: slowly },
	{ name: "count", weight: 2, args: slowly },
];
const echo: NonceTool = {
	name: "echo",
	weight: 1,
	args: (message) => ({ message }),
};
const read: NonceTool = { ...echo, name: "read" };

/**
 * @param calls the file with a line for each run of `count`
 * @param violations the file with a line for each breach of the handshake that a strict server saw
 */
export function loadedServers(
	calls: string,
	violations: string,
): LoadedServer[] {
	const chaos = (more: Omit<ServerInput, "command"> = {}): ServerInput => ({
		command: process.execPath,
		args: [path.join(root, "test/fixtures/chaos.mjs")],
		env: { CALLS_FILE: calls },
		...more,
	});
	const env = { VIOLATIONS_FILE: violations };
	const noise = ["noise", "crlf", "split-utf8", "stray-ids", "double-answer"];
	return [
		{ name: "shared", entry: chaos(), tools: chaosTools },
		{
			name: "narrow",
			entry: chaos({ isolation: "shared", concurrency: 4, warm: 1 }),
			tools: chaosTools,
		},
		{
			name: "own",
			entry: chaos({ isolation: "session", warm: 1 }),
			tools: chaosTools,
			sessionsOnly: true,
		},
		{
			name: "strict",
			entry: fixture("strict", ["python-1.13"], { env }),
			tools: [echo],
		},
		{ name: "noisy", entry: fixture("faulty", noise), tools: [echo, read] },
		{ name: "everything", entry: fixture("everything"), tools: [echo] },
		{ name: "modern", entry: fixture("everything-modern"), tools: [echo] },
	];
}

/** What edits of the config change. */
export interface ConfigEdits {
	/** How often the environment of each server was changed. */
	toggles: ReadonlyMap<string, number>;
	/** Whether there is one more server, which nobody uses. */
	extra: boolean;
}

export function chaosConfig(
	servers: readonly LoadedServer[],
	{ toggles, extra }: ConfigEdits,
): BridgeInput {
	const entries = servers.map(({ name, entry }) => {
		const CHAOS_TOGGLE = String(toggles.get(name) ?? 0);
		return [name, { ...entry, env: { ...entry.env, CHAOS_TOGGLE } }] as const;
	});
	return {
		drainTimeoutMs: 2 * slowestMs,
		servers: {
			...Object.fromEntries(entries),
			...(extra && { extra: fixture("everything", [], { warm: 1 }) }),
		},
	};
}
