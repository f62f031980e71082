/** What an option should be for a server, and why. */
interface KnownOption<Value> {
	readonly value: Value;
	readonly reason: string;
	/** Without it data are lost, or one client gets at what is another's. */
	readonly isDanger?: true;
}

/** A sentence without a full stop. It holds unless one of the arguments is `unlessArg`, or the environment has `unlessEnv`. */
export interface KnownHint {
	readonly text: string;
	readonly unlessArg?: string;
	readonly unlessEnv?: string;
}

/** What is known of a server that people have. */
export interface KnownServer {
	readonly npm?: readonly string[];
	readonly pypi?: readonly string[];
	readonly images?: readonly string[];
	/** The names of its program, the first for who installs it. */
	readonly programs?: readonly string[];
	/** Whether there are no new versions of it, so that nobody should install it. */
	readonly isArchived?: true;
	readonly isolation?: KnownOption<"shared" | "session">;
	readonly concurrency?: KnownOption<number>;
	readonly warm?: KnownOption<number>;
	readonly stopTimeoutMs?: KnownOption<number>;
	readonly hints?: readonly KnownHint[];
	/**
	 * Which version of the Python package mcp it needs. `"1"`: version 1, and it does not say so, so that pip and uv
	 * give it 2; `"1 before 2026"`: its versions of earlier years; `"says"`: it says so itself.
	 */
	readonly mcp?: "1" | "1 before 2026" | "says";
}

/** For what has one browser in each process. */
export const oneBrowser: KnownOption<"session"> = {
	value: "session",
	reason: "clients that share its browser see and move each other's page",
	isDanger: true,
};
