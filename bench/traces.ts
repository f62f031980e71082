import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Command, InvalidArgumentError } from "commander";
import { echo, initialize, type Session } from "./clients/session.ts";
import { ratio } from "./goals.ts";
import { cpuMs } from "./processes.ts";
import { median } from "./statistics.ts";
import { Steps } from "./steps.ts";
import type { Running } from "./target.ts";
import { startBridge } from "./targets/bridge.ts";

// What traces cost: the bridge with and without them, in many short rounds of
// which each has all of them in turn, so that a drift of the machine hits all alike.

const inFlight = 32;
/** Rounds that are thrown away, for the compilers to see all of the code. */
const warmups = 3;

const { rounds, sequential, parallel } = new Command("bench:traces")
	.description("Measures what traces cost the bridge, against itself without")
	.option("--rounds <count>", "how many", count, 40)
	.option("--sequential <count>", "calls one after the other", count, 200)
	.option("--parallel <count>", `calls at ${inFlight} in flight`, count, 2000)
	.allowExcessArguments(false)
	.parse(process.argv)
	.opts<{ rounds: number; sequential: number; parallel: number }>();

let batches = 0;
const collector = createServer((request, response) => {
	batches++;
	request.resume().on("end", () => response.end());
}).listen(0, "127.0.0.1");
await once(collector, "listening");
const { port } = collector.address() as AddressInfo;
const endpoint = {
	OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
};
const sampled = (share: string) => ({
	...endpoint,
	OTEL_TRACES_SAMPLER: "traceidratio",
	OTEL_TRACES_SAMPLER_ARG: share,
});

interface Variant {
	readonly name: string;
	readonly env: Record<string, string>;
	readonly p50: number[];
	readonly rate: number[];
	readonly cpu: number[];
}

const variant = (name: string, env: Record<string, string>): Variant => ({
	name,
	env,
	p50: [],
	rate: [],
	cpu: [],
});
const off = variant("off", {});
const variants = [
	off,
	// Twice the same: how far two that are equal differ on this machine now.
	variant("off, again", {}),
	variant("all traces", endpoint),
	variant("all, http/json", {
		...endpoint,
		OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
	}),
	variant("10 % of traces", sampled("0.1")),
	variant("no trace", sampled("0")),
];

const started: { of: Variant; running: Running; session: Session }[] = [];
for (const of of variants) {
	const running = await startBridge("Streamable HTTP", of.env);
	const session = await running.connect();
	await initialize(session);
	started.push({ of, running, session });
}
const steps = new Steps((rounds + warmups) * started.length);
for (let round = -warmups; round < rounds; round++) {
	const name = round < 0 ? "warm-up" : `round ${round + 1}`;
	// Another one begins each time.
	const turn = ((round % started.length) + started.length) % started.length;
	for (const each of [...started.slice(turn), ...started.slice(0, turn)]) {
		const { of, running, session } = each;
		steps.next(`${name}: ${of.name}`);
		for (let i = 0; i < 20; i++) await echo(session);
		const durations: number[] = [];
		for (let i = 0; i < sequential; i++) {
			const start = performance.now();
			await echo(session);
			durations.push(performance.now() - start);
		}
		const cpu = cpuMs(running.pid);
		const start = performance.now();
		await Promise.all(
			Array.from({ length: inFlight }, async () => {
				for (let i = 0; i < parallel / inFlight; i++) await echo(session);
			}),
		);
		if (round < 0) continue;
		of.p50.push(median(durations) * 1000);
		of.rate.push((parallel * 1000) / (performance.now() - start));
		of.cpu.push(((cpuMs(running.pid) - cpu) * 1000) / parallel);
	}
}
for (const { running, session } of started) {
	await session.close();
	await running.stop();
}
collector.close();
steps.stop();

console.log(
	`Medians of ${rounds} rounds; ratios are to "off" of the same round. ${batches} batches of spans came.\n`,
);
console.log(
	"| | p50 of a call | calls at 32 in flight | CPU of a call |\n|---|---|---|---|",
);
for (const { name, p50, rate, cpu } of variants) {
	console.log(
		`| ${name} | ${cell(p50, off.p50, "µs")} | ${cell(rate, off.rate, "calls/s")} | ${cell(cpu, off.cpu, "µs")} |`,
	);
}

function cell(
	values: readonly number[],
	base: readonly number[],
	unit: string,
): string {
	return `${ratio(values, base).toFixed(3)} (${median(values).toFixed(0)} ${unit})`;
}

function count(value: string): number {
	const number = Number(value);
	if (!Number.isInteger(number) || number < 1)
		throw new InvalidArgumentError("It has to be an integer of at least 1.");
	return number;
}
