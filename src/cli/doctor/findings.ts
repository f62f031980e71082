import type { Stop } from "../../protocol/wire.ts";

/** What `doctor` has found out about a server. This is also what `--json` prints: members are added, not changed. */
export interface Findings {
	name: string;
	/** `failed`: it does not start; `error`, `warning`: the worst of `advice`. */
	verdict: "ok" | "warning" | "error" | "failed";
	/** Why it does not run; absent where it does. */
	failure?: Failure;
	/** Environment variables that its entry needs and that are not set, or that it says it lacks. */
	missing: string[];
	/** Times in ms, from the spawn to the answer to `initialize`. */
	start?: { firstMs: number; secondMs?: number };
	revision?: string;
	serverInfo?: { name?: unknown; version?: unknown };
	/** The names of its capabilities. */
	capabilities: string[];
	/** By method. */
	lists: Record<string, ListFindings>;
	tools?: ToolsFindings;
	/** Lines on stdout that were no message, and the beginning of the last one, unless it is blank. */
	noise: { lines: number; sample?: string };
	/** How many messages on stdout had to be mended, by what was wrong. */
	repaired: Record<string, number>;
	/** What a second process is like: the lists that are others than before. */
	restart?: { changed: string[]; failure?: Failure };
	/** What ended it when the bridge stopped it, and how long that took. */
	stop?: Stop;
	/** Whether SIGTERM alone ends it within `stopTimeoutMs`. */
	sigterm?: { ended: boolean; ms: number };
	/** With `--deep`: calls that write, all at once, and how many of them were kept. */
	writes?: { calls: number; kept: number } | { skipped: string };
	/** What to change, the most important first. */
	advice: Advice[];
}

/** Why a server, or a list of it, is not to be had. */
export interface Failure {
	code: string;
	reason: string;
	errorLines?: string[];
	stderr?: string[];
	stdout?: string[];
}

/** One list of a server. */
export type ListFindings =
	| { count: number; bytes: number; ms: number }
	| { error: string };

/** What the tools cost. */
export interface ToolsFindings {
	count: number;
	/** Of the whole list as JSON. */
	bytes: number;
	/** Of what clients give a model: name, description and inputSchema. */
	modelBytes: number;
	/** An estimate: `modelBytes` / 4. */
	tokens: number;
	/** The five that take most. */
	largest: { name: string; tokens: number }[];
}

/** One thing to change. */
export interface Advice {
	/** `error`: it does not work as it is; `warning`: it does, but badly. */
	severity: "error" | "warning";
	text: string;
}
