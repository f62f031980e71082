/** Why a server does not work. Times are ISO 8601. */
export interface ServerFailure {
	/** Stable code of the last failure. */
	code: string;
	/** What happened, as the end of a sentence. */
	reason: string;
	/** What it comes from, in one line. */
	cause: string;
	/** How many in a row. */
	failures: number;
	firstFailureAt: string;
	lastFailureAt: string;
	/** A time, `now`, or what it waits for. */
	nextTry: string;
	/** Where it waits for a request: not before. */
	notBefore?: string;
	stderr: string[];
	errorLines?: string[];
	stdout?: string[];
}

/** What came of it that a server was started, where it was not running, and asked for its tools. */
export interface Probe {
	status: "ok" | "failed";
	/** When it was asked, ISO 8601. */
	at: string;
	/** Until a child was ready, and had answered `initialize`: next to nothing where one was running. */
	startMs?: number;
	/** Until all pages of `tools/list` were there; left out where the server has no tools to list. */
	listMs?: number;
	/** How many tools a client would see. */
	tools?: number;
	/** Why it failed. */
	reason?: string;
	/** Its stable code. */
	code?: string;
}

/** The process that ends the children of a bridge that was killed. */
export type GuardianStatus = {
	/** How often one was started in the place of another. */
	restarts: number;
} & (
	| /** No child was started yet. */ { state: "idle" }
	| { state: "running"; pid: number }
	| /** If the bridge were killed now, children could stay. */ {
			state: "missing";
			reason: string;
	  }
);
