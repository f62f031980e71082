import type { Members } from "../protocol/messages.ts";
import type { Exit } from "../protocol/wire.ts";
import type { NotOpened } from "./open-child.ts";
import type { Timestamp } from "./timestamp.ts";

/** Where one supervised child stands. */
export type State<Child> =
	/** No child, and nobody needs one. */
	| { name: "idle"; notBefore: Timestamp | undefined }
	/** Needed, and waits for a process. */
	| {
			name: "queued";
			since: Timestamp;
			/** The revisions that other processes of this start have refused. */
			refused: readonly string[];
			/** The one to open the next process in; undefined for the one that is usual. */
			revision: string | undefined;
	  }
	/** A process is there, and has not answered the first request. */
	| {
			name: "starting";
			since: Timestamp;
			child: Child;
			refused: readonly string[];
			revision: string;
	  }
	| {
			name: "ready";
			since: Timestamp;
			child: Child;
			/** It has answered once more than the first request. */
			isProven: boolean;
			usage: Usage;
	  }
	/** It is being stopped; another starts after it where one is needed. */
	| { name: "stopping"; since: Timestamp; child: Child; isNeeded: boolean }
	/** Started again by the timer at `until`. */
	| { name: "waiting"; until: Timestamp }
	/** It failed too often: refused, and started again not before `until`, by the timer or with the next need. */
	| { name: "failed"; until: Timestamp; hasTimer: boolean }
	/** For good; `leaving` is still on its way out. */
	| { name: "stopped"; leaving: Child | undefined };

/** What clients have had of a child: whether it got a request of one, and whether it answered one. */
export type Usage = "none" | "asked" | "served";

/** What the children so far say of the next one. */
export interface ChildHistory {
	/** Failures in a row. A child that is ready does not end the row before it has served somebody or lived for a while. */
	failures: number;
	/** How the last child ended, unless the bridge ended it. */
	lastExit: Exit | undefined;
	/** The last child that was ready died young and had served nobody: the next one has to show that it lives. */
	mustProve: boolean;
	/** Revisions that nothing names have been tried to no avail. */
	hasGuessed: boolean;
}

/** One supervised child, as {@link step} takes it on. */
export interface Supervision<Child> {
	readonly state: State<Child>;
	readonly history: ChildHistory;
}

/** What happens to a supervised child, or is wanted of it. */
export type SupervisorEvent<Child> =
	/** Somebody needs the child. */
	| { type: "needed" }
	/** The process that was asked for. */
	| { type: "launched"; child: Child }
	/** There must not be one. */
	| { type: "denied"; exit: Exit }
	| { type: "opened"; child: Child; result: Members; isProven: boolean }
	| { type: "notOpened"; child: Child; opening: NotOpened }
	| { type: "used"; usage: Usage }
	/** A child that was ready is gone. */
	| { type: "exited"; child: Child; exit: Exit }
	/** A child that was to be stopped is gone. */
	| { type: "closed"; child: Child }
	| { type: "timer" }
	/** The child is to be stopped; the next need starts another. */
	| { type: "stopChild" }
	/** The child is to be stopped for good. */
	| { type: "stop" };

/** What is to be done about it, in this order. */
export type Command<Child> =
	/** Ask for a process: `launched` or `denied` tells what came of it. */
	| { type: "launch" }
	/** It is not needed any more. */
	| { type: "cancelLaunch" }
	/** Send the first request: `opened` or `notOpened` tells what came of it. */
	| { type: "open"; child: Child; revision: string; mustProve: boolean }
	/** End a process: `closed` tells when it is gone. */
	| { type: "close"; child: Child }
	/** `timer` at that time; there is one timer. */
	| { type: "setTimer"; until: Timestamp }
	| { type: "clearTimer" }
	| { type: "report"; report: Report<Child> };

/** What a decision depends on beside the child's own state. */
export interface Circumstances {
	now: Timestamp;
	/** From 0 to 1, another one at each step. */
	random: number;
	/** Start again after a death without being asked. */
	keepUp: boolean;
	/** The protocol revision that a child is opened in where none has refused it. */
	revision: string;
	/** Whether a child that does not take it may be opened in this one instead. */
	mayTry(revision: string): boolean;
}

/** Where a supervised child stands after an event, and what is to be done. */
export interface Step<Child> extends Supervision<Child> {
	readonly commands: readonly Command<Child>[];
}

/** What the user of a supervisor hears of its child. */
export type Report<Child> =
	/** There is a process; nothing has been said with it yet. */
	| { type: "started"; child: Child }
	/** It did not take the revision it was opened in, and another process is opened in this one. */
	| { type: "reopening"; revision: string; because: Exit }
	/** It can be used: the revision that it was opened in, and its raw result of `initialize` or `server/discover`. */
	| { type: "ready"; child: Child; revision: string; result: Members }
	/** A child that was ready, or was stopped before, is gone; whether it had answered a client. */
	| { type: "down"; exit: Exit; hasServed: boolean }
	/** It could not be started, or must not be now: then `wasTried` is false. */
	| { type: "refused"; exit: Exit; wasTried: boolean };
