import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { Random } from "../chaos/random.ts";
import { eventually, pidsWith } from "../harness/processes.ts";
import { bridgeCommand, type RuntimeName } from "../harness/runtimes.ts";
import { churn } from "./churn.ts";
import { churningServers } from "./servers.ts";

export interface RoundsOptions {
	rounds: number;
	runtime: RuntimeName;
	seed: number;
	/** How many bridges may be dying while the next one runs. */
	overlap?: number;
}

/** What outlived its bridge: the command line of each process. */
export interface Round {
	round: number;
	/** From the bridge's listening to its SIGKILL. */
	livedMs: number;
	/** Processes that the bridge had at its end. */
	processes: number;
	survivors: string[];
}

/** The guardian takes 3 s where nothing but SIGKILL helps, on an idle machine. */
const goneWithinMs = 20_000;
const longestLifeMs = 1500;

/** Bridges that are killed at any moment, one after the other, under load. */
export async function runRounds(
	{ rounds, runtime, seed, overlap = 2 }: RoundsOptions,
	done: (round: Round) => void = () => {},
): Promise<Round[]> {
	const random = new Random(seed);
	const judged: Promise<Round>[] = [];
	for (let round = 1; round <= rounds; round++) {
		const started = await startAndKill(runtime, random.fork(`round ${round}`));
		const judgement = judge(round, started);
		judgement.then(done);
		judged.push(judgement);
		await judged.at(-1 - overlap);
	}
	return Promise.all(judged);
}

interface Killed {
	marker: string;
	guardian: string;
	livedMs: number;
	processes: number;
}

async function startAndKill(
	runtime: RuntimeName,
	random: Random,
): Promise<Killed> {
	const folder = mkdtempSync(path.join(tmpdir(), "mcp-edge-bridge-orphans-"));
	const marker = path.basename(folder);
	const config = path.join(folder, "servers.ts");
	const input = JSON.stringify({ servers: churningServers(marker) });
	writeFileSync(
		config,
		`import { defineServers } from "mcp-edge-bridge";\n\nexport default defineServers(${input});\n`,
	);
	const [command, ...first] = bridgeCommand(runtime);
	const bridge = spawn(command, [...first, "--config", config, "--port", "0"], {
		cwd: folder,
		env: { ...process.env, DENO_NO_UPDATE_CHECK: "1" },
		stdio: ["ignore", "pipe", "ignore"],
	});
	const exited = once(bridge, "exit");
	try {
		const url = await listening(createInterface(bridge.stdout));
		const livedMs = random.chance(0.2)
			? random.between(0, 50)
			: random.between(0, longestLifeMs);
		const load = churn(url, random);
		await delay(livedMs);
		const processes = pidsWith(marker).length - 1;
		bridge.kill("SIGKILL");
		await exited;
		await load;
		const guardian = `MCP_EDGE_BRIDGE_GUARDIAN=${bridge.pid}-`;
		return { marker, guardian, livedMs, processes };
	} finally {
		bridge.kill("SIGKILL");
		rmSync(folder, { recursive: true, force: true });
	}
}

async function listening(lines: AsyncIterable<string>): Promise<string> {
	for await (const line of lines) {
		const url = /listening on (http:\S+)/.exec(line)?.[1];
		if (url !== undefined) return url;
	}
	throw new Error("The bridge did not start");
}

async function judge(
	round: number,
	{ marker, guardian, livedMs, processes }: Killed,
): Promise<Round> {
	const left = () => [...pidsWith(marker), ...pidsWith(guardian)];
	const isClean = eventually(() => left().length === 0, "", goneWithinMs);
	await isClean.catch(() => {});
	const pids = left();
	const survivors = pids.map((pid) => `${pid} ${commandOf(pid)}`);
	for (const pid of pids) end(pid);
	return { round, livedMs, processes, survivors };
}

function commandOf(pid: number): string {
	try {
		const text = readFileSync(`/proc/${pid}/cmdline`, "utf8");
		return text.split("\0").join(" ").trim().slice(0, 100);
	} catch {
		return "(gone since)";
	}
}

function end(pid: number): void {
	try {
		process.kill(pid, "SIGKILL");
	} catch {
		// Gone since.
	}
}
