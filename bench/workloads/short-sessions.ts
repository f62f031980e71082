import { echo, initialize, listTools } from "../clients/session.ts";
import { mcpServersOf } from "../processes.ts";
import { median } from "../statistics.ts";
import { type Subject, timed, type Workload } from "../workload.ts";

const watchedSessions = 5;

/** What LiteLLM does for every list and every call. */
export const shortSessions: Workload = {
	name: "short sessions",
	bridgesOnly: true,
	metrics: [
		{ id: "session", title: "open, list, call, close, p50", unit: "ms" },
		{
			id: "spawned",
			title: "processes spawned for a session",
			unit: "",
			absolute: true,
		},
	],
	async measure(subject, sizes) {
		const durations = await timed(sizes.sessions, sizes, () =>
			shortSession(subject),
		);
		// Looked at in sessions of their own: reading /proc takes longer than they do.
		const seen = new Set(pids(subject));
		const before = seen.size;
		for (let i = 0; i < watchedSessions; i++)
			await shortSession(subject, () => {
				for (const pid of pids(subject)) seen.add(pid);
			});
		return {
			session: median(durations),
			spawned: (seen.size - before) / watchedSessions,
		};
	},
};

export async function shortSession(
	{ running, note }: Pick<Subject, "running" | "note">,
	beforeClose = () => {},
): Promise<void> {
	const session = await running.connect();
	try {
		await initialize(session);
		await listTools(session);
		await echo(session);
		beforeClose();
	} finally {
		if (session.strays() > 0)
			note("sends a client answers to nothing it asked");
		await session.close();
	}
}

function pids({ running }: Subject): number[] {
	return mcpServersOf(running.pid).map(({ pid }) => pid);
}
