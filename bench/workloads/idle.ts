import { setTimeout as sleep } from "node:timers/promises";
import { initialize, type Session } from "../clients/session.ts";
import { residentBytes } from "../processes.ts";
import { timed, type Workload } from "../workload.ts";
import { shortSession } from "./short-sessions.ts";

/** By then the clients have closed the connections they posted on, and what is left is the streams. */
const unusedConnectionsMs = 6_000;

/** On a fresh instance: what the load has left free in the heap would hide what the sessions take. */
export const idle: Workload = {
	name: "idle sessions",
	bridgesOnly: true,
	dialects: ["HTTP+SSE"],
	metrics: [{ id: "idle", title: "resident for an idle session", unit: "kB" }],
	async measure({ target, dialect, note }, sizes) {
		const running = await target.start(dialect);
		const sessions: Session[] = [];
		try {
			await timed(sizes.warmup, sizes, () => shortSession({ running, note }));
			await sleep(sizes.settleMs);
			const before = residentBytes(running.pid);
			await timed(sizes.idleSessions, sizes, async () => {
				const session = await running.connect();
				sessions.push(session);
				await initialize(session);
			});
			await sleep(Math.max(sizes.settleMs, unusedConnectionsMs));
			const bytes = residentBytes(running.pid) - before;
			return { idle: bytes / sessions.length / 1e3 };
		} finally {
			if (sessions.some((session) => session.strays() > 0))
				note("sends a client answers to nothing it asked");
			for (const session of sessions) await session.close();
			await running.stop();
		}
	},
};
