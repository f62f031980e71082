import type { Logger } from "pino";
import type { ServerConfig } from "../config/resolve-config.ts";
import type { Filters } from "../protocol/filters.ts";
import type { Members } from "../protocol/messages.ts";
import type { Counters } from "./counters.ts";
import type { FailureHistory } from "./failure-history.ts";
import type { Launch } from "./launch.ts";

/** What all backends of one server have in common. */
export interface BackendContext {
	name: string;
	/** The entry as it is now: it may change while the bridge runs. */
	config(): ServerConfig;
	/** What clients may see and use of the server, as it is now. */
	filters(): Filters | undefined;
	/** Asks for a process. */
	launch: Launch;
	/** The protocol revision that a child is opened in. */
	revision(): string;
	/** Whether a child that does not take that one may be opened in this one instead. */
	mayTry(revision: string): boolean;
	/** A child has said in its refusal that it is spoken to in this revision, or shown it where it is ready: then its raw result of the opening is given too. */
	learned(revision: string, result?: Members): void;
	counters: Counters;
	log: Logger;
	/** The server's tools may be others than before. */
	toolsChanged(): void;
	/** What went wrong with the server's children. */
	failures: FailureHistory;
}

/** What a backend is for. */
export interface BackendRole {
	/** Several clients will be on it. */
	shared: boolean;
	/** What one child has said is served while the next one starts, and compared with what that says. */
	remembers: boolean;
	/** Whether its child runs without being asked for. */
	keepUp(): boolean;
	/** How long its child is kept that nobody needs, in ms, where that is not the entry's `idleTimeoutMs`; 0 is for ever. */
	idleTimeoutMs?(): number;
}
