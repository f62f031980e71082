import { spawn } from "node:child_process";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll } from "vitest";
import { eventually, isRunning, pidsWith, waitUntilGone } from "./processes.ts";
import { bridgeCommand, type RuntimeName, root } from "./runtimes.ts";
import { withRecorder } from "./wire/record-children.ts";

/** An entry of servers.ts, as the suites need it. */
export interface ServerInput {
	command: string;
	args?: string[];
	env?: Record<string, string>;
	[option: string]: unknown;
}

export interface BridgeInput {
	servers: Record<string, ServerInput>;
	[option: string]: unknown;
}

export interface StartOptions {
	runtime?: RuntimeName;
	/** Further arguments of the command line. */
	args?: string[];
	/** Added to the bridge's own environment; undefined takes a variable out. */
	env?: Record<string, string | undefined>;
	/** A module of test/fixtures that runs inside the bridge's process before the bridge does. */
	preload?: string;
	/** How many files and connections its process may have open. */
	maxDescriptors?: number;
	/** It runs in a terminal of its own, whose process `pid` then is; what it logs is on stdout too. */
	terminal?: boolean;
	/** The config is a named-server config in JSON instead of a servers.ts; only `servers` of the input is used. */
	named?: boolean;
}

export interface Exit {
	code: number | null;
	signal: NodeJS.Signals | null;
}

export interface Bridge {
	/** `http://127.0.0.1:PORT`, or with `[::1]`, without a path. */
	readonly url: string;
	readonly pid: number;
	/** The folder of its config; it goes with the bridge. */
	readonly folder: string;
	/** The file of its config. */
	readonly config: string;
	/** In the environment of every child: pidsWith(marker) finds them. */
	readonly marker: string;
	/** Its stderr, line by line. */
	readonly log: readonly string[];
	readonly exited: Promise<Exit>;
	/** The first line of the log that matches, past ones included. */
	waitForLog(pattern: string | RegExp): Promise<string>;
	/** Replaces the config, as an editor does: by a rename. A string is its whole text. */
	editConfig(next: BridgeInput | string): void;
	/** Ends it, and waits until its children are gone too. */
	stop(signal?: NodeJS.Signals): Promise<Exit>;
}

/** A fixture program as an entry of servers.ts. */
export function fixture(
	name:
		| "everything"
		| "everything-modern"
		| "strict"
		| "changeable"
		| "verbatim"
		| "faulty"
		| "recorder"
		| "legacy-raw"
		| "listing"
		| "mirroring"
		| "modern-raw"
		| "dual-raw"
		| "flooding",
	args: string[] = [],
	more: Omit<Partial<ServerInput>, "command" | "args"> = {},
): ServerInput {
	return withRecorder({
		command: process.execPath,
		args: [path.join(root, `test/fixtures/${name}.mjs`), ...args],
		...more,
	});
}

/** A program of an installed npm package as an entry of servers.ts. */
export function installed(
	name: string,
	args: string[] = [],
	more: Omit<Partial<ServerInput>, "command" | "args"> = {},
): ServerInput {
	return withRecorder({
		command: path.join(root, "node_modules/.bin", name),
		args,
		...more,
	});
}

function configText(
	marker: string,
	{ servers: given, ...options }: BridgeInput,
	named: boolean,
): string {
	const servers = Object.fromEntries(
		Object.entries(given).map(([name, server]) => [
			name,
			withRecorder(
				{ ...server, env: { ...server.env, BRIDGE_TEST_MARKER: marker } },
				name,
			),
		]),
	);
	if (named) return JSON.stringify({ mcpServers: servers }, null, "\t");
	return `import { defineServers } from "mcp-edge-bridge";\n\nexport default defineServers(${JSON.stringify({ ...options, servers }, null, "\t")});\n`;
}

function replaceFile(file: string, text: string): void {
	writeFileSync(`${file}.new`, text);
	renameSync(`${file}.new`, file);
}

/** The beginning of a command whose process may not open more than so many files. */
function limited(maxDescriptors: number): [string, ...string[]] {
	return ["sh", "-c", `ulimit -n ${maxDescriptors}; exec "$0" "$@"`];
}

/** The command that runs another in a terminal. */
function inTerminal(command: readonly string[]): [string, ...string[]] {
	const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`);
	return ["script", "-qefc", `exec ${quoted.join(" ")}`, "/dev/null"];
}

const listening = /listening on (http:\/\/(?:127\.0\.0\.1|\[::1\]):\d+)/;

/** Starts the bridge under the project's runtime. It is ended after the test file at the latest. */
export async function startBridge(
	input: BridgeInput,
	options: StartOptions = {},
): Promise<Bridge> {
	const folder = mkdtempSync(path.join(tmpdir(), "mcp-edge-bridge-test-"));
	const marker = path.basename(folder);
	const { named = false } = options;
	const config = path.join(folder, named ? "servers.json" : "servers.ts");
	replaceFile(config, configText(marker, input, named));

	const { maxDescriptors, preload, runtime, terminal = false } = options;
	const [command, ...first] = [
		...(maxDescriptors === undefined ? [] : limited(maxDescriptors)),
		...bridgeCommand(
			runtime,
			preload && path.join(root, "test/fixtures", preload),
		),
	] as const;
	const plain = [
		command,
		...first,
		named ? "--named-server-config" : "--config",
		config,
		"--port",
		"0",
		...(options.args ?? []),
	] as const;
	const [program, ...args] = terminal ? inTerminal(plain) : plain;
	const child = spawn(program, args, {
		cwd: folder,
		env: {
			...process.env,
			DENO_NO_UPDATE_CHECK: "1",
			NO_COLOR: "1",
			...options.env,
		},
		stdio: ["ignore", "pipe", "pipe"],
	});
	const stdout: string[] = [];
	const log: string[] = [];
	/** Called at every new line, and at the end. */
	const watchers = new Set<() => void>();
	const wake = () => {
		for (const watcher of watchers) watcher();
	};
	for (const [stream, lines] of [
		[child.stdout, stdout],
		[child.stderr, log],
	] as const) {
		let rest = "";
		stream.setEncoding("utf8").on("data", (chunk: string) => {
			const parts = (rest + chunk).split("\n");
			rest = parts.pop() ?? "";
			lines.push(...parts);
			wake();
		});
		stream.on("end", () => {
			if (rest !== "") lines.push(rest);
			wake();
		});
	}
	const output = () =>
		`--- stdout\n${stdout.join("\n")}\n--- stderr\n${log.join("\n")}`;

	const exited = new Promise<Exit>((resolve, reject) => {
		child.on("error", reject);
		child.on("exit", (code, signal) => resolve({ code, signal }));
	});
	exited.then(wake, wake);
	/** How it ended, and what it said until then. */
	const closed = new Promise<Exit>((resolve) =>
		child.on("close", (code, signal) => resolve({ code, signal })),
	);

	let stopped: Promise<Exit> | undefined;
	const stop = (signal: NodeJS.Signals = "SIGTERM"): Promise<Exit> => {
		stopped ??= (async () => {
			child.kill(signal);
			const killer = setTimeout(() => child.kill("SIGKILL"), 20_000);
			const exit = await exited.finally(() => clearTimeout(killer));
			const left = pidsWith(marker).filter((pid) => pid !== child.pid);
			try {
				await waitUntilGone(left);
			} catch (error) {
				for (const pid of left.filter(isRunning)) process.kill(pid, "SIGKILL");
				throw new Error(
					`The bridge left children behind: ${(error as Error).message}\n${output()}`,
				);
			} finally {
				rmSync(folder, { recursive: true, force: true });
			}
			return exit;
		})();
		return stopped;
	};
	afterAllBridges.push(() => stop().then(() => {}));

	const matching = async (
		lines: readonly string[],
		pattern: string | RegExp,
		deadlineMs: number,
	): Promise<string> => {
		const find = () =>
			lines.find((line) =>
				typeof pattern === "string"
					? line.includes(pattern)
					: pattern.test(line),
			);
		let over: (reason: string) => void = () => {};
		const ended = new Promise<string>((resolve) => {
			over = resolve;
		});
		closed.then(({ code, signal }) =>
			over(`it ended with ${signal ?? `code ${code}`}`),
		);
		const timer = setTimeout(
			() => over(`${deadlineMs} ms have passed`),
			deadlineMs,
		);
		let watcher = () => {};
		const found = new Promise<string>((resolve) => {
			watcher = () => {
				const line = find();
				if (line !== undefined) resolve(line);
			};
			watchers.add(watcher);
			watcher();
		});
		try {
			return await Promise.race([
				found,
				ended.then((reason) => {
					throw new Error(
						`The bridge never said ${pattern}: ${reason}\n${output()}`,
					);
				}),
			]);
		} finally {
			clearTimeout(timer);
			watchers.delete(watcher);
		}
	};

	const line = await matching(stdout, listening, 30_000);
	const url = listening.exec(line)?.[1];
	if (url === undefined || child.pid === undefined)
		throw new Error(`The bridge did not start\n${output()}`);
	return {
		url,
		pid: child.pid,
		folder,
		config,
		marker,
		log,
		exited,
		waitForLog: (pattern) => matching(log, pattern, 15_000),
		editConfig: (next) =>
			replaceFile(
				config,
				typeof next === "string" ? next : configText(marker, next, named),
			),
		stop,
	};
}

/** The children of one bridge that run now; with a server's name in `env` or `args`, those of that server. */
export function childPids(bridge: Bridge): number[] {
	return pidsWith(bridge.marker).filter((pid) => pid !== bridge.pid);
}

/** Waits until exactly this many children run. */
export async function childCount(
	bridge: Bridge,
	count: number,
): Promise<number[]> {
	return eventually(
		() => {
			const pids = childPids(bridge);
			return pids.length === count && pids;
		},
		() => `${childPids(bridge).length} children instead of ${count}`,
	);
}

const afterAllBridges: (() => Promise<void>)[] = [];

afterAll(async () => {
	const results = await Promise.allSettled(
		afterAllBridges.splice(0).map((stop) => stop()),
	);
	for (const result of results)
		if (result.status === "rejected") throw result.reason;
}, 60_000);
