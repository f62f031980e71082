import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import type { Bridge } from "../../bridge.ts";
import type { BridgeConfig } from "../../config/resolve-config.ts";
import { isMembers, type Members } from "../../protocol/messages.ts";
import { lists } from "../../protocol/methods.ts";
import { stableJson } from "../../protocol/stable-json.ts";
import type { Stop } from "../../protocol/wire.ts";
import { signalGroup } from "../../spawn/process/process-group.ts";
import { BridgeClient } from "../bridge-client.ts";
import { onlyServer } from "../choose-server.ts";
import { closeBridge, openBridge } from "../open-bridge.ts";
import type { Progress } from "../progress.ts";
import { insideBase } from "../with-client.ts";
import type { Failure, Findings, ListFindings } from "./findings.ts";
import { bytesOf, toolSizes } from "./tool-sizes.ts";

const pollMs = 10;

/** One process of a server, from its start to its end. */
interface Run {
	failure?: Failure;
	startMs: number;
	initialize: Members;
	status: Status;
	lists: Map<string, { found: ListFindings; entries: Members[] }>;
	stop?: Stop;
}

/** The members of a server in `/status` that are looked at. */
interface Status {
	revision?: string;
	failure?: Failure;
	noiseLines: number;
	lastNoiseLine?: string;
	repaired: Record<string, number>;
	lastStop?: Stop;
	shared?: { pid?: number };
	own: { pid?: number }[];
}

/**
 * Starts a server twice, as the bridge does, reads its lists, and ends it:
 * first as the bridge ends its children, then by SIGTERM. No tool is called.
 *
 * @param config every option as it is in force
 */
export async function examineServer(
	config: BridgeConfig,
	name: string,
	log: Logger,
	progress: Progress,
): Promise<Omit<Findings, "verdict" | "missing" | "advice">> {
	const entry = config.servers[name];
	const stopTimeoutMs = entry?.stopTimeoutMs ?? 0;
	const only = withTimeLimit(onlyServer(config, name), name);
	const telling = (step: string) => () => {
		progress.show(`${name}: ${step}`);
		return progress.showStart(name, entry);
	};
	const first = await run(only, name, log, telling("starting"));
	const { noiseLines, lastNoiseLine: sample = "", repaired } = first.status;
	const hasSample = sample.trim() !== "";
	const noise = { lines: noiseLines, ...(hasSample && { sample }) };
	if (first.failure) {
		const { failure } = first;
		return { name, failure, capabilities: [], lists: {}, noise, repaired };
	}
	let sigterm: Findings["sigterm"];
	const again = telling("starting a second time");
	const second = await run(only, name, log, again, async (pid, status) => {
		sigterm = await terminate(pid, stopTimeoutMs, status);
	});
	const { capabilities, serverInfo, protocolVersion } = first.initialize;
	const revision = first.status.revision ?? protocolVersion;
	const tools = first.lists.get("tools/list");
	return {
		name,
		start: {
			firstMs: first.startMs,
			...(!second.failure && { secondMs: second.startMs }),
		},
		...(typeof revision === "string" && { revision }),
		...(isMembers(serverInfo) && {
			serverInfo: { name: serverInfo.name, version: serverInfo.version },
		}),
		capabilities: isMembers(capabilities) ? Object.keys(capabilities) : [],
		lists: Object.fromEntries(
			[...first.lists].map(([method, { found }]) => [method, found]),
		),
		...(tools && "count" in tools.found && { tools: toolSizes(tools.entries) }),
		noise,
		repaired,
		restart: {
			changed: second.failure ? [] : changedLists(first, second),
			...(second.failure && { failure: second.failure }),
		},
		...(first.stop && { stop: first.stop }),
		...(sigterm && { sigterm }),
	};
}

/** A request that is never answered must not keep the others waiting for ever. */
function withTimeLimit(config: BridgeConfig, name: string): BridgeConfig {
	const entry = config.servers[name];
	if (!entry) return config;
	const requestTimeoutMs = entry.requestTimeoutMs || entry.startTimeoutMs;
	const servers = { ...config.servers, [name]: { ...entry, requestTimeoutMs } };
	return { ...config, servers };
}

/**
 * @param starting called when a signal would end all that is started from then on; gives what is called when it is known whether it starts
 * @param before called before it is ended
 */
async function run(
	config: BridgeConfig,
	name: string,
	log: Logger,
	starting: () => () => void,
	before?: (pid: number, status: () => Promise<Status>) => Promise<void>,
): Promise<Run> {
	const bridge = openBridge(config, log);
	const started = starting();
	const fetch = (request: Request) => bridge.app.fetch(request);
	const client = new BridgeClient(fetch, insideBase, name);
	const status = () => statusOf(bridge, name);
	const found: Run = {
		startMs: 0,
		initialize: {},
		status: { noiseLines: 0, repaired: {}, own: [] },
		lists: new Map(),
	};
	try {
		const startedAt = performance.now();
		const answer = await client.initialize();
		found.startMs = Math.round(performance.now() - startedAt);
		started();
		if ("error" in answer) {
			found.status = await status();
			const { code, message } = answer.error;
			found.failure = found.status.failure ?? {
				code: String(code),
				reason: message,
			};
			return found;
		}
		found.initialize = answer.result;
		found.lists = await readLists(client, answer.result);
		found.status = await status();
		const pid = found.status.shared?.pid ?? found.status.own[0]?.pid;
		if (pid !== undefined) await before?.(pid, status);
	} finally {
		started();
		await closeBridge(bridge);
	}
	const { lastStop } = await status();
	if (lastStop) found.stop = lastStop;
	return found;
}

async function readLists(
	client: BridgeClient,
	{ capabilities }: Members,
): Promise<Run["lists"]> {
	const found: Run["lists"] = new Map();
	for (const [method, { member, kind: capability }] of lists) {
		if (!isMembers(capabilities) || !(capability in capabilities)) continue;
		const askedAt = performance.now();
		const list = await client.list(method, member);
		const ms = Math.round(performance.now() - askedAt);
		if ("error" in list) {
			found.set(method, { found: { error: list.error.message }, entries: [] });
			continue;
		}
		const { entries } = list;
		const bytes = bytesOf(entries);
		const count = entries.length;
		found.set(method, { found: { count, bytes, ms }, entries });
	}
	return found;
}

function changedLists(first: Run, second: Run): string[] {
	return [...first.lists].flatMap(([method, { entries }]) => {
		const now = second.lists.get(method)?.entries;
		return stableJson(entries) === stableJson(now) ? [] : method;
	});
}

/** Sends SIGTERM to a child's whole group, as the bridge does where the end of stdin is not enough. */
async function terminate(
	pid: number,
	timeoutMs: number,
	status: () => Promise<Status>,
): Promise<Findings["sigterm"]> {
	const sentAt = performance.now();
	const passed = () => Math.round(performance.now() - sentAt);
	signalGroup(pid, "SIGTERM");
	while (passed() < timeoutMs) {
		const { shared, own } = await status();
		const pids = [shared, ...own].map((child) => child?.pid);
		if (!pids.includes(pid)) return { ended: true, ms: passed() };
		await delay(pollMs);
	}
	return { ended: false, ms: passed() };
}

async function statusOf(bridge: Bridge, name: string): Promise<Status> {
	const response = await bridge.app.fetch(new Request(`${insideBase}/status`));
	const { servers } = (await response.json()) as {
		servers: Record<string, Status>;
	};
	const status = servers[name];
	if (!status) throw new Error(`/status says nothing of "${name}"`);
	return status;
}
