import path from "node:path";
import { root } from "../harness/runtimes.ts";

const program = path.join(root, "test/fixtures/churning.sh");

/** What each has beside itself. */
const kinds: Record<string, string[]> = {
	plain: [],
	parent: ["grandchild"],
	daemon: ["daemon"],
	forking: ["double-fork"],
	worst: ["deaf", "grandchild", "daemon", "double-fork"],
};

/** Each kind in a child per session, with spares, and in one that all share. */
export function churningServers(marker: string) {
	return Object.fromEntries(
		Object.entries(kinds).flatMap(([kind, args]) => {
			const entry = {
				command: program,
				args,
				stopTimeoutMs: 100,
				env: { ORPHANS_MARKER: marker },
			};
			return [
				[kind, { ...entry, isolation: "session", warm: 1 }],
				[`${kind}-shared`, { ...entry, isolation: "shared" }],
			];
		}),
	);
}

export const serverNames = Object.keys(churningServers(""));
