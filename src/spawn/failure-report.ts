import type { Logger } from "pino";
import { commandHints } from "../config/command-hints.ts";
import type { ServerConfig } from "../config/resolve-config.ts";
import type { Exit } from "../protocol/wire.ts";
import type { FailureHistory } from "./failure-history.ts";
import { describeNextTry, type NextTry } from "./next-try.ts";
import { childEnvironment } from "./process/environment.ts";
import { causeOf } from "./process/error-lines.ts";
import { timestamp } from "./timestamp.ts";

/** A failure of a child, to be noted and told. */
export interface FailureReport {
	exit: Exit;
	/** What is told of it where it was told in full before. */
	reason: string;
	/** It was a start that failed, and no child that died after it. */
	wasStart: boolean;
	/** How many children in a row failed, this one included. */
	inARow: number;
	/** When another is started. */
	next: NextTry | undefined;
}

/** Notes a failure, and tells of it: in full where it is news, else in a line. */
export function reportFailure(
	{ exit, reason, wasStart, inARow, next }: FailureReport,
	failures: FailureHistory,
	log: Logger,
): void {
	if (exit.code === "CHILD_STOPPED") return;
	const at = timestamp();
	const continues = inARow > 1;
	const times = failures.note({ exit, wasStart, continues, at });
	const nextTry = describeNextTry(next, at);
	const { signal: _inReason, reason: full, ...fields } = exit;
	if (times === 1) {
		log.warn({ ...fields, cause: causeOf(exit) }, `${full}; ${nextTry}`);
		return;
	}
	const { code, exitCode } = exit;
	log.warn(
		{ code, exitCode, times },
		`failed as before (${times} times in a row): ${reason}; ${nextTry}`,
	);
}

/** Why a child could not be started, with what may be wrong about its command. */
export function withHints(exit: Exit, config: ServerConfig): Exit {
	if (exit.code === "CHILD_STOPPED" || exit.code === "TOO_MANY_CHILDREN") {
		return exit;
	}
	const { command, args, env, inheritEnv } = config;
	const inherited = childEnvironment(process.env, inheritEnv, {});
	const hints = commandHints({ command, args, env, inherited });
	return { ...exit, reason: [exit.reason, ...hints].join(". ") };
}
