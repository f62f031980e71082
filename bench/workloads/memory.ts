import { setTimeout as sleep } from "node:timers/promises";
import { residentBytes } from "../processes.ts";
import type { Sizes } from "../sizes.ts";
import { type Subject, timed, type Workload } from "../workload.ts";
import { shortSession } from "./short-sessions.ts";

/** To be measured when all the load has been. */
export const memory: Workload = {
	name: "memory",
	bridgesOnly: true,
	metrics: [{ id: "memory", title: "resident after the load", unit: "MB" }],
	async measure(subject, sizes) {
		return { memory: (await settled(subject, sizes)) / 1e6 };
	},
};

export const churn: Workload = {
	name: "churn",
	bridgesOnly: true,
	metrics: [
		{
			id: "churn",
			title: "resident after 2N short sessions, by after N",
			unit: "×",
			absolute: true,
		},
	],
	async measure(subject, sizes) {
		const half = async () => {
			const done = await timed(sizes.churn, sizes, () => shortSession(subject));
			if (done.length < sizes.churn)
				subject.note(
					`N is ${done.length}, not ${sizes.churn}, for want of time`,
				);
			return settled(subject, sizes);
		};
		const once = await half();
		const twice = await half();
		return { churn: twice / once };
	},
};

async function settled({ running }: Subject, sizes: Sizes): Promise<number> {
	await sleep(sizes.settleMs);
	return residentBytes(running.pid);
}
