import { echo } from "../clients/session.ts";
import { cpuMs } from "../processes.ts";
import { timed, type Workload, withSession } from "../workload.ts";

const inFlight = 32;

export const throughput: Workload = {
	name: "throughput",
	metrics: [
		{
			id: "throughput",
			title: `calls at ${inFlight} in flight`,
			unit: "calls/s",
		},
		{ id: "cpu", title: "CPU of a call, without the child", unit: "µs" },
		{
			id: "generatorCpu",
			title: "CPU of a call, load generator",
			unit: "µs",
			absolute: true,
		},
	],
	measure: (subject, sizes) =>
		withSession(subject, async (session) => {
			await timed(sizes.warmup, sizes, () => echo(session));
			const isBridge = subject.target.kind !== "direct";
			const cpu = isBridge ? cpuMs(subject.running.pid) : 0;
			const ownCpu = process.cpuUsage();
			const start = performance.now();
			const workers = Array.from({ length: inFlight }, () =>
				timed(Math.ceil(sizes.parallelCalls / inFlight), sizes, () =>
					echo(session),
				),
			);
			const calls = (await Promise.all(workers)).flat().length;
			const seconds = (performance.now() - start) / 1000;
			const { user, system } = process.cpuUsage(ownCpu);
			return {
				throughput: calls / seconds,
				generatorCpu: (user + system) / calls,
				...(isBridge && {
					cpu: ((cpuMs(subject.running.pid) - cpu) * 1000) / calls,
				}),
			};
		}),
};
