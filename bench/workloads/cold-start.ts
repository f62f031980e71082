import { echo, initialize } from "../clients/session.ts";
import type { Workload } from "../workload.ts";

export const coldStart: Workload = {
	name: "cold start",
	metrics: [
		{ id: "coldStart", title: "cold start to the first answer", unit: "ms" },
	],
	async measure({ target, dialect, note }) {
		const before = performance.now();
		const running = await target.start(dialect);
		try {
			const session = await running.connect();
			await initialize(session);
			await echo(session);
			const duration = performance.now() - before;
			await session.close();
			return { coldStart: duration };
		} finally {
			const left = await running.stop();
			if (left > 0) note("leaves its children running after SIGTERM");
		}
	},
};
