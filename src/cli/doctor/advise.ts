import { adviceFor } from "../../config/advice.ts";
import { commandHints } from "../../config/command-hints.ts";
import type { ServerConfig } from "../../config/resolve-config.ts";
import { childEnvironment } from "../../spawn/process/environment.ts";
import { slowStartReason } from "../slow-start-reason.ts";
import type { Advice, Failure, Findings } from "./findings.ts";

/** A start that takes longer, in ms, is worth waiting for ahead. */
const slowStartMs = 3000;
/** Tools that take more tokens leave a model with less room, and choose badly among them. */
const manyTokens = 10_000;

/** What is to be changed, from what was found out; the environment is that of the bridge. Pure. */
export function advise(
	found: Omit<Findings, "verdict" | "missing" | "advice">,
	entry: ServerConfig,
	environment: Readonly<Record<string, string | undefined>>,
): Advice[] {
	const inherited = childEnvironment(environment, entry.inheritEnv, {});
	const error = (text: string): Advice => ({ severity: "error", text });
	const warning = (text: string): Advice => ({ severity: "warning", text });
	if (found.failure) {
		return [
			error(`does not start: ${reasonOf(found.failure)}`),
			...lackingVariables(found, entry, environment).map((name) =>
				warning(
					environment[name] === undefined
						? `says that it needs ${name}: set it in "env"`
						: `does not get ${name}, which is set where the bridge is started: add it to "inheritEnv"`,
				),
			),
		];
	}
	return [
		...[
			...restartErrors(found),
			...listErrors(found),
			...lostWrites(found),
		].map(error),
		...[
			...commandHints({ ...entry, inherited }),
			...whatIsKnown(entry),
			...slowStart(found, entry),
			...badStop(found, entry),
			...oddOutput(found),
			...manyTools(found),
			...changedLists(found),
		].map(warning),
	];
}

/** What is known of the server that the entry starts. */
function whatIsKnown(entry: ServerConfig): string[] {
	const { set, reasons, hints, danger } = adviceFor(entry);
	// How long a start takes has been measured.
	const { startTimeoutMs, ...rest } = set;
	const options = Object.entries(rest).map(
		([key, value]) =>
			`set ${key}: ${JSON.stringify(value)}: ${reasons[key as keyof typeof reasons]}`,
	);
	return [...(danger === undefined ? [] : [danger]), ...options, ...hints];
}

/** Why it failed, and what it said of it itself. */
function reasonOf({
	reason,
	errorLines = [],
	stderr = [],
	stdout = [],
}: Failure): string {
	const said = errorLines[0] ?? stderr.at(-1) ?? stdout.at(-1);
	return said === undefined ? reason : `${reason}; it said: ${said}`;
}

type Found = Parameters<typeof advise>[0];

function restartErrors({ restart }: Found): string[] {
	return restart?.failure
		? [
				`does not start a second time, right after the first: ${reasonOf(restart.failure)}`,
			]
		: [];
}

function listErrors({ lists }: Found): string[] {
	return Object.entries(lists).flatMap(([method, list]) =>
		"error" in list ? [`has no answer to ${method}: ${list.error}`] : [],
	);
}

function lostWrites({ writes }: Found): string[] {
	if (!writes || !("calls" in writes) || writes.kept >= writes.calls) return [];
	const lost = writes.calls - writes.kept;
	return [
		`loses ${lost} of ${writes.calls} writes that come at once: set "concurrency" to 1 and "isolation" to "shared"`,
	];
}

/** The variables that a server which does not start says it lacks, where it does not get them. */
export function lackingVariables(
	{ failure }: Pick<Findings, "failure">,
	entry: ServerConfig,
	environment: Readonly<Record<string, string | undefined>>,
): string[] {
	const { errorLines = [], stderr = [], stdout = [] } = failure ?? {};
	const given = childEnvironment(environment, entry.inheritEnv, entry.env);
	return namedVariables([...errorLines, ...stderr, ...stdout]).filter(
		(name) => !given[name],
	);
}

/** The names of variables in lines that say that something is missing, each once. */
export function namedVariables(lines: readonly string[]): string[] {
	const names = lines
		.filter((line) => lacking.test(line))
		.flatMap((line) => line.match(variable) ?? [])
		.filter((name) => !errorCode.test(name));
	return [...new Set(names)];
}

const lacking =
	/not (?:set|found|provided|defined|configured)|missing|required?|must|unset|undefined|needs?\b|please|environment/i;
const variable = /\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g;
const errorCode = /^ERR_|NOT_FOUND$|_ERROR$/;

function slowStart({ start }: Found, entry: ServerConfig): string[] {
	if (!start) return [];
	const { firstMs, secondMs = firstMs } = start;
	const advice: string[] = [];
	if (firstMs > entry.startTimeoutMs / 2) {
		const enough = Math.ceil((firstMs * 3) / 10_000) * 10_000;
		advice.push(
			`took ${seconds(firstMs)} of ${seconds(entry.startTimeoutMs)} to start: set "startTimeoutMs" to ${enough}`,
		);
	}
	if (secondMs > slowStartMs && entry.warm === 0) {
		advice.push(
			`takes ${seconds(secondMs)} to start: set "warm" to 1 to have it started before it is needed`,
		);
	}
	const reason = slowStartReason(entry);
	const took = `took ${seconds(firstMs)} to start, and ${seconds(secondMs)} the second time`;
	if (reason === undefined || firstMs <= slowStartMs) return advice;
	if (containerVerb(entry) === undefined) {
		advice.push(
			`${took} (${reason}): install it, and set "command" to the program itself`,
		);
	} else if (firstMs > 2 * secondMs) {
		advice.push(
			`${took} (${reason}): pull the image before the bridge is started`,
		);
	}
	return advice;
}

function badStop({ stop, sigterm }: Found, entry: ServerConfig): string[] {
	const { stopTimeoutMs } = entry;
	if (stop?.by === "SIGKILL") {
		const init =
			containerVerb(entry) === "run" && !entry.args.includes("--init")
				? `, put "--init" behind "run" in "args"`
				: "";
		return [
			`had to be killed, since neither the end of its stdin nor SIGTERM ends it within ${stopTimeoutMs} ms: raise "stopTimeoutMs" where it saves its data at its end${init}`,
		];
	}
	if (stop?.by !== "SIGTERM") return [];
	const enough = Math.max(200, Math.ceil((5 * (sigterm?.ms ?? 0)) / 100) * 100);
	return [
		`does not end at the end of its stdin, so each stop takes ${stop.ms} ms: ${
			sigterm?.ended && enough < stopTimeoutMs
				? `SIGTERM ends it after ${sigterm.ms} ms, so set "stopTimeoutMs" to ${enough}`
				: "what it holds in memory until SIGTERM comes is safe"
		}`,
	];
}

/** `run` or `exec`, where the command is a container engine. */
function containerVerb({ command, args }: ServerConfig): string | undefined {
	const program = command.split("/").at(-1) ?? "";
	return ["docker", "podman", "nerdctl"].includes(program)
		? args.find((arg) => arg === "run" || arg === "exec")
		: undefined;
}

function oddOutput({ noise, repaired }: Found): string[] {
	const kinds = Object.entries(repaired).map(([kind, n]) => `${kind}: ${n}`);
	const lines = noise.lines === 1 ? "1 line" : `${noise.lines} lines`;
	const sample =
		noise.sample === undefined ? "" : `, such as "${noise.sample}"`;
	return [
		...(noise.lines > 0
			? [
					`writes to stdout what is no message (${lines}${sample}), which the bridge skips: have it log to stderr, or not at all`,
				]
			: []),
		...(kinds.length > 0
			? [
					`writes messages that the bridge has to mend (${kinds.join(", ")}): tell its author, or look for a newer version`,
				]
			: []),
	];
}

function manyTools({ tools }: Found): string[] {
	if (!tools || tools.tokens <= manyTokens) return [];
	const names = tools.largest.map(({ name }) => name).join(", ");
	return [
		`its ${tools.count} tools take about ${tools.tokens} tokens of a model's context: name those that are needed in "tools": { "allow": […] } (the largest are ${names})`,
	];
}

function changedLists({ restart }: Found): string[] {
	const { changed = [] } = restart ?? {};
	return changed.length === 0
		? []
		: [
				`answers ${changed.join(" and ")} otherwise after a restart: see whether it found its backend both times`,
			];
}

function seconds(ms: number): string {
	return `${Math.round(ms / 100) / 10} s`;
}
