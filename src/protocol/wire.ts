import type { LineEvents } from "./line-reader.ts";
import type { OversizeLine } from "./line-splitter.ts";
import type { Message } from "./messages.ts";

/** How a child came to its end. */
export interface Exit {
	/** What happened, for people, as the end of a sentence: 'exited with code 1', 'was ended by SIGKILL'. */
	reason: string;
	/** Stable code of the cause. */
	code: ExitCode;
	exitCode?: number;
	signal?: string;
	/** The last lines that it wrote to stderr, oldest first. */
	stderr: string[];
	/** Those of its lines on stderr that say what happened, where there are any; they may be older than `stderr`. */
	errorLines?: string[];
	/** The last lines on stdout that were no message, where there were any. */
	stdout?: string[];
}

/** What a child wrote beside its messages, as far as it is kept. */
export type Output = Pick<Exit, "stderr" | "errorLines" | "stdout">;

/** How a child ended that was asked to. */
export interface Stop {
	/** What ended it: the end of its stdin, or the signal that had been sent last. */
	by: "stdin-eof" | "SIGTERM" | "SIGKILL";
	/** From the end of its stdin to its exit. */
	ms: number;
}

/** Why there is no child, or no longer one. */
export type ExitCode =
	/** It ran and ended. */
	| "CHILD_EXITED"
	/** `command` is not on PATH, or no such file. */
	| "COMMAND_NOT_FOUND"
	/** `command` is there but cannot be run. */
	| "COMMAND_NOT_RUNNABLE"
	/** `cwd` is no folder. */
	| "CWD_NOT_FOUND"
	/** No answer to `initialize` within `startTimeoutMs`. */
	| "START_TIMEOUT"
	/** It refused `initialize`. */
	| "INITIALIZE_REFUSED"
	/** It refused `initialize` because it speaks modern revisions only. */
	| "REVISION_NOT_SERVED"
	/** There are as many processes of the server as there may be. */
	| "TOO_MANY_CHILDREN"
	/** The bridge stopped it: shutdown, a changed config, idleness. */
	| "CHILD_STOPPED";

/** One child's lines. */
export interface Wire {
	readonly pid: number | undefined;
	/** Who hears it; whoever takes the wire over puts itself here. */
	events: WireEvents;
	/** What it has written so far beside its messages. */
	readonly output: Output;
	/**
	 * Writes one message as a line. After the child's end it does nothing:
	 * `closed` tells. False for a message that is nested deeper than
	 * it can be printed.
	 *
	 * @param written called when the system has taken all of it for the child
	 */
	write(message: Message, written?: () => void): boolean;
	/** Whether so much waits for the child to read it that no more should be written. */
	readonly isBehind: boolean;
	/** Settles once, when the process is gone and its last lines have been received. Never rejects. */
	readonly closed: Promise<Exit>;
	/** How it ended, where `close` was called before; known when `closed` settles. */
	readonly stopped: Stop | undefined;
	/** stdin EOF → wait → SIGTERM → wait → SIGKILL, to the whole process group. Settles when nothing of it is left. */
	close(): Promise<void>;
}

/** What a wire tells while it is open. */
export interface WireEvents extends LineEvents {
	/** A line over the limit was skipped: its size in bytes, its first and last 4 kB. */
	oversize(line: OversizeLine): void;
	stderr(line: string): void;
	/** Lines of stderr were forgotten, since the last ones are more than may be kept. */
	stderrForgotten(): void;
	/** It was behind and is no longer. */
	caughtUp(): void;
	/** It cannot answer any more: what is written from now on is lost. `closed` follows. */
	ending(): void;
}
