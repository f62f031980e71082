import { setTimeout as sleep } from "node:timers/promises";
import { drive, type Load } from "./drive.ts";
import type { Run } from "./judge.ts";
import { type Sample, takeSample } from "./sample.ts";
import { settle } from "./settle.ts";
import type { Bridge } from "./start-bridge.ts";

const sampleCount = 100;
/** For what the start has left behind to end. */
const startedMs = 2_000;

/** Drives the sessions through a fresh bridge, which is ended with them. */
export async function run(
	bridge: Bridge,
	size: Load,
	progress: (sample: Sample) => void,
): Promise<Run> {
	try {
		await startSharedChild(bridge.url);
		await sleep(startedMs);
		const before = await takeSample(bridge, 0, 0);
		const samples = await load(bridge, size, progress);
		const { sessions, seconds: loaded } = samples.at(-1) ?? before;
		const start = performance.now();
		const after = await settle(() => {
			const seconds = loaded + (performance.now() - start) / 1000;
			return takeSample(bridge, sessions, seconds);
		}, before);
		const leftBehind = await bridge.stop();
		return { before, samples, after, leftBehind };
	} catch (error) {
		const ended = bridge.ended();
		await bridge.stop();
		throw ended ? new Error(`The bridge ${ended}`, { cause: error }) : error;
	}
}

async function startSharedChild(bridge: URL): Promise<void> {
	const response = await fetch(new URL("/servers/auto/mcp", bridge), {
		method: "POST",
		headers: { connection: "close" },
		body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }),
	});
	if (!response.ok) throw new Error(`tools/list: HTTP ${response.status}`);
	await response.text();
}

/** Samples are taken while the load goes on. */
async function load(
	bridge: Bridge,
	size: Load,
	progress: (sample: Sample) => void,
): Promise<Sample[]> {
	const samples: Promise<Sample>[] = [];
	const every = Math.max(1, Math.round(size.sessions / sampleCount));
	const start = performance.now();
	await drive(bridge.url, size, (done) => {
		if (done % every !== 0 && done !== size.sessions) return;
		const seconds = (performance.now() - start) / 1000;
		const sample = takeSample(bridge, done, seconds);
		samples.push(sample);
		// A failure is that of Promise.all below.
		sample.then(progress, () => {});
	});
	return Promise.all(samples);
}
