import { readdirSync, readFileSync } from "node:fs";
import type { Bridge } from "./start-bridge.ts";

/** The bridge at one moment. */
export interface Sample {
	/** Driven so far. */
	readonly sessions: number;
	/** Since the first. */
	readonly seconds: number;
	/** Resident memory of the bridge's process, in bytes. */
	readonly resident: number;
	/** File descriptors of the bridge's process. */
	readonly descriptors: number;
	/** Processes of MCP servers. */
	readonly children: number;
	/** By GET /status. */
	readonly openSessions: number;
	readonly openStreams: number;
	/** By GET /status, from the start on. */
	readonly spawned: number;
	/** Bounds that were reached, by their options. */
	readonly reached: readonly string[];
}

interface Status {
	sessions: { streamable: number; sse: number };
	openStreams: number;
	servers: Record<
		string,
		{ spawned: number; limitsReached: Record<string, number> }
	>;
}

/** @throws {Error} where there is no Linux /proc, or the bridge has ended */
export async function takeSample(
	{ pid, url, children }: Bridge,
	sessions: number,
	seconds: number,
): Promise<Sample> {
	const proc = readFileSync(`/proc/${pid}/status`, "utf8");
	const resident = Number(/^VmRSS:\s+(\d+) kB$/m.exec(proc)?.[1]) * 1024;
	const descriptors = readdirSync(`/proc/${pid}/fd`).length;
	const response = await fetch(new URL("/status", url), {
		headers: { connection: "close" },
	});
	if (!response.ok) throw new Error(`GET /status: HTTP ${response.status}`);
	const status = (await response.json()) as Status;
	const servers = Object.values(status.servers);
	return {
		sessions,
		seconds,
		resident,
		descriptors,
		children: children(),
		openSessions: status.sessions.streamable + status.sessions.sse,
		openStreams: status.openStreams,
		spawned: servers.reduce((sum, { spawned }) => sum + spawned, 0),
		reached: servers.flatMap(({ limitsReached }) => Object.keys(limitsReached)),
	};
}
