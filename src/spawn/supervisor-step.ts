import { nextRevision, toldWithRevisions } from "../protocol/next-revision.ts";
import { eraOf, legacyRevisions } from "../protocol/revisions.ts";
import type { Exit } from "../protocol/wire.ts";
import { fail, rest, wait } from "./backoff.ts";
import type { NotOpened } from "./open-child.ts";
import type {
	ChildHistory,
	Circumstances,
	Command,
	Report,
	State,
	Step,
	Supervision,
	SupervisorEvent,
} from "./supervisor-state.ts";
import { msBetween } from "./timestamp.ts";

/** Children that may be killed while they start, one after the other, before those that wait are told. */
export const failuresToRefuse = 3;

/** A child that lived this long did not die of its start. */
export const stableMs = 10_000;

const stoppedExit: Exit = {
	code: "CHILD_STOPPED",
	reason: "was stopped by the bridge",
	stderr: [],
};

const noHistory: ChildHistory = {
	failures: 0,
	lastExit: undefined,
	mustProve: false,
	hasGuessed: false,
};

/** A child that nobody has needed yet. */
export const idle: Supervision<never> = {
	state: { name: "idle", notBefore: undefined },
	history: noHistory,
};

/**
 * Decides about one child: it is started when it is needed, started again with
 * backoff when it dies, and stopped when nobody needs it. What comes too late,
 * since the child that it is about has been given up, changes nothing.
 */
export function step<Child>(
	supervision: Supervision<Child>,
	event: SupervisorEvent<Child>,
	circumstances: Circumstances,
): Step<Child> {
	const { state, history } = supervision;
	const stay = { ...supervision, commands: [] };
	switch (event.type) {
		case "needed":
			return need(supervision, circumstances);
		case "launched":
			if (state.name === "queued") {
				return begin(state, history, event.child, circumstances);
			}
			// It was given up just when it came.
			return { ...stay, commands: [{ type: "close", child: event.child }] };
		case "denied":
			if (state.name !== "queued") return stay;
			return refuse({ ...idle, history }, event.exit, false);
		case "opened": {
			const { child, result, isProven } = event;
			if (state.name !== "starting" || state.child !== child) return stay;
			const { revision } = state;
			const { now: since } = circumstances;
			return {
				state: { name: "ready", since, child, isProven, usage: "none" },
				history: { ...history, hasGuessed: false },
				commands: [report({ type: "ready", child, revision, result })],
			};
		}
		case "notOpened":
			if (state.name !== "starting" || state.child !== event.child) return stay;
			return notOpened(state, history, event.opening, circumstances);
		case "used":
			if (state.name !== "ready" || state.usage === "served") return stay;
			return { ...stay, state: { ...state, usage: event.usage } };
		case "exited":
			if (state.name !== "ready" || state.child !== event.child) return stay;
			return exited(state, history, event.exit, circumstances);
		case "closed":
			return closed(supervision, event.child, circumstances);
		case "timer":
			if (!hasTimer(state)) return stay;
			return launch(history, circumstances);
		case "stopChild":
			return stopChild(supervision, circumstances);
		case "stop":
			return stop(supervision);
	}
}

function need<Child>(
	supervision: Supervision<Child>,
	circumstances: Circumstances,
): Step<Child> {
	const { state, history } = supervision;
	const { now } = circumstances;
	switch (state.name) {
		case "idle":
			return state.notBefore && msBetween(now, state.notBefore) > 0
				? wait(history, state.notBefore)
				: launch(history, circumstances);
		case "failed": {
			const exit = gaveUpExit(history, msBetween(now, state.until));
			if (exit) return refuse(supervision, exit, false);
			return preceded(cancelNext(state), launch(history, circumstances));
		}
		case "stopping":
			return { state: { ...state, isNeeded: true }, history, commands: [] };
		case "stopped":
			return refuse(supervision, stoppedExit, false);
		default:
			return { ...supervision, commands: [] };
	}
}

function launch<Child>(
	history: ChildHistory,
	{ now: since }: Circumstances,
	refused: readonly string[] = [],
	revision?: string,
): Step<Child> {
	return {
		state: { name: "queued", since, refused, revision },
		history,
		commands: [{ type: "launch" }],
	};
}

function begin<Child>(
	{ refused, revision: given }: State<Child> & { name: "queued" },
	history: ChildHistory,
	child: Child,
	{ now: since, revision: usual }: Circumstances,
): Step<Child> {
	const revision = given ?? usual;
	const { mustProve } = history;
	return {
		state: { name: "starting", since, child, refused, revision },
		history,
		commands: [
			report({ type: "started", child }),
			{ type: "open", child, revision, mustProve },
		],
	};
}

/** A child that has refused a handshake gets no second chance: another revision is for a process of its own. */
function notOpened<Child>(
	{ child, refused, revision }: State<Child> & { name: "starting" },
	history: ChildHistory,
	opening: NotOpened,
	circumstances: Circumstances,
): Step<Child> {
	const { mayTry } = circumstances;
	const close: Command<Child> = { type: "close", child };
	const tried = [...refused, revision];
	const next =
		opening.hasAnswered || eraOf(revision) === "modern"
			? undefined
			: nextRevision({
					...opening,
					tried,
					mayGuess: !history.hasGuessed && mayTry(legacyRevisions[0]),
				});
	if (next !== undefined && mayTry(next)) {
		const because = opening.failure;
		return preceded(
			[close, report({ type: "reopening", revision: next, because })],
			launch(history, circumstances, tried, next),
		);
	}
	const exit = toldWithRevisions(opening, tried, next);
	const hasGuessed = history.hasGuessed || tried.length > 1;
	const failed = fail<Child>({ ...history, hasGuessed }, exit, circumstances);
	// One that was killed says nothing of the next one, for which what waits may go on waiting.
	const isLikelyToStart =
		exit.signal !== undefined && failed.history.failures < failuresToRefuse;
	const then = isLikelyToStart
		? need(failed, circumstances)
		: refuse(failed, exit, true);
	return preceded([close, ...failed.commands], then);
}

function exited<Child>(
	{ since, isProven, usage }: State<Child> & { name: "ready" },
	history: ChildHistory,
	exit: Exit,
	circumstances: Circumstances,
): Step<Child> {
	const hasServed = usage === "served";
	const isStable = msBetween(since, circumstances.now) >= stableMs;
	const mustProve = !isStable && !hasServed;
	// What kills a child that has shown that it lives is what it was asked: nobody else has to wait for that.
	const isGoodStart = hasServed || (isProven && usage === "asked");
	const failures = isStable || isGoodStart ? 0 : history.failures;
	const known = { ...history, failures, mustProve };
	const rested: Step<Child> = isGoodStart
		? rest({ ...known, lastExit: exit }, 0, circumstances)
		: fail(known, exit, circumstances);
	const down = report<Child>({ type: "down", exit, hasServed });
	return { ...rested, commands: [...rested.commands, down] };
}

function closed<Child>(
	supervision: Supervision<Child>,
	child: Child,
	circumstances: Circumstances,
): Step<Child> {
	const { state, history } = supervision;
	if (state.name === "stopping" && state.child === child) {
		const isNeeded = state.isNeeded || circumstances.keepUp;
		const next = { ...idle, history };
		return isNeeded ? need(next, circumstances) : { ...next, commands: [] };
	}
	if (state.name === "stopped" && state.leaving === child) {
		const stopped: State<Child> = { name: "stopped", leaving: undefined };
		return refuse({ state: stopped, history }, stoppedExit, false);
	}
	return { ...supervision, commands: [] };
}

function stopChild<Child>(
	{ state, history }: Supervision<Child>,
	circumstances: Circumstances,
): Step<Child> {
	// What its predecessors did says nothing of one that somebody wants instead.
	const next = { ...noHistory, lastExit: history.lastExit };
	const { now: since, keepUp } = circumstances;
	switch (state.name) {
		case "starting":
		case "ready": {
			const { child } = state;
			return {
				state: { name: "stopping", since, child, isNeeded: false },
				history: next,
				commands: [stoppedReport(state), { type: "close", child }],
			};
		}
		case "stopping":
		case "stopped":
			return { state, history: next, commands: [] };
		default: {
			// Who waited for the next attempt still does.
			const isNeeded =
				state.name === "queued" ||
				state.name === "waiting" ||
				(state.name === "failed" && keepUp);
			const rested = { ...idle, history: next };
			return preceded(
				cancelNext(state),
				isNeeded ? need(rested, circumstances) : { ...rested, commands: [] },
			);
		}
	}
}

function stop<Child>({ state, history }: Supervision<Child>): Step<Child> {
	const stopped = (leaving: Child | undefined): Supervision<Child> => ({
		state: { name: "stopped", leaving },
		history,
	});
	switch (state.name) {
		case "starting":
		case "ready": {
			const { child } = state;
			const down = state.name === "ready" ? [stoppedReport(state)] : [];
			const commands = [...down, { type: "close", child } as const];
			return { ...stopped(child), commands };
		}
		case "stopping":
			return { ...stopped(state.child), commands: [] };
		case "stopped":
			return { state, history, commands: [] };
		default:
			return preceded(
				cancelNext(state),
				refuse(stopped(undefined), stoppedExit, false),
			);
	}
}

function refuse<Child>(
	supervision: Supervision<Child>,
	exit: Exit,
	wasTried: boolean,
): Step<Child> {
	const { state, history } = supervision;
	const refused = report<Child>({ type: "refused", exit, wasTried });
	return { state, history, commands: [refused] };
}

/** Undefined where it may be tried again. */
function gaveUpExit(
	{ failures, lastExit = stoppedExit }: ChildHistory,
	leftMs: number,
): Exit | undefined {
	if (leftMs <= 0) return undefined;
	const seconds = Math.ceil(leftMs / 1000);
	const reason = `failed ${failures} times in a row and is tried again in ${seconds} s at the earliest; the last time it ${lastExit.reason}`;
	return { ...lastExit, reason };
}

function hasTimer(state: State<unknown>): boolean {
	return (
		state.name === "waiting" || (state.name === "failed" && state.hasTimer)
	);
}

/** Of the start that is to come, where one is. */
function cancelNext(state: State<unknown>): Command<never>[] {
	if (state.name === "queued") return [{ type: "cancelLaunch" }];
	return hasTimer(state) ? [{ type: "clearTimer" }] : [];
}

function stoppedReport(
	state: State<unknown> & { name: "starting" | "ready" },
): Command<never> {
	const hasServed = state.name === "ready" && state.usage === "served";
	return report({ type: "down", exit: stoppedExit, hasServed });
}

function report<Child>(report: Report<Child>): Command<Child> {
	return { type: "report", report };
}

function preceded<Child>(
	first: readonly Command<Child>[],
	{ commands, ...supervision }: Step<Child>,
): Step<Child> {
	return { ...supervision, commands: [...first, ...commands] };
}
