import { echo } from "../clients/session.ts";
import { median, percentile } from "../statistics.ts";
import { timed, type Workload, withSession } from "../workload.ts";

export const latency: Workload = {
	name: "latency",
	metrics: [
		{ id: "latency", title: "tools/call, p50", unit: "ms" },
		{ id: "latency99", title: "tools/call, p99", unit: "ms" },
	],
	measure: (subject, sizes) =>
		withSession(subject, async (session) => {
			await timed(sizes.warmup, sizes, () => echo(session));
			const durations = await timed(sizes.sequentialCalls, sizes, () =>
				echo(session),
			);
			return {
				latency: median(durations),
				latency99: percentile(durations, 99),
			};
		}),
};
