import { dockerCommand } from "./docker-command.ts";
import type { KnownHint, KnownServer } from "./known-server.ts";
import { knownServer } from "./known-servers.ts";
import { type LaunchedServer, launchedServer } from "./launched-server.ts";
import type { ServerInput } from "./server-input.ts";

/** What an entry should have besides, by what is known of its server and of the way in which that is started. */
export interface Advice {
	/** Options that are right for it, and that the entry leaves out or at their defaults. */
	readonly set: AdvisedOptions;
	/** Why, for each of them. A sentence without a full stop, as all the others. */
	readonly reasons: Readonly<Partial<Record<keyof AdvisedOptions, string>>>;
	/** What a person has to decide. */
	readonly hints: readonly string[];
	/** What may happen without some of `set`: data are lost, or one client gets at what is another's. */
	readonly danger: string | undefined;
}

export type AdvisedOptions = Pick<
	ServerInput,
	"isolation" | "concurrency" | "warm" | "startTimeoutMs" | "stopTimeoutMs"
>;

/** Those of the schema, which a running bridge does not load. */
const defaults: AdvisedOptions = {
	isolation: "auto",
	warm: 0,
	startTimeoutMs: 30_000,
	stopTimeoutMs: 2000,
};

/** For a first start that downloads the server. */
const downloadTimeoutMs = 120_000;

/**
 * Pure: it asks neither the disk nor a registry. Values of variables and arguments are not quoted, since they may be
 * secret.
 *
 * @param entry of `servers.ts`, or with its defaults filled in
 */
export function adviceFor(entry: Readonly<ServerInput>): Advice {
	const { command, args = [] } = entry;
	const launched = launchedServer(command, args);
	const known = launched && knownServer(launched);
	const advised = new Advised(entry);
	if (launched === undefined) return advised;
	for (const key of [
		"isolation",
		"concurrency",
		"warm",
		"stopTimeoutMs",
	] as const) {
		const option = known?.[key];
		if (option) advised.add(key, option.value, option.reason, option.isDanger);
	}
	if (launched.runner !== undefined)
		advised.add(
			"startTimeoutMs",
			downloadTimeoutMs,
			`a first start by ${launched.runner} downloads it`,
		);
	if (launched.source === "image")
		advised.add(
			"startTimeoutMs",
			downloadTimeoutMs,
			"a first start downloads the image",
		);
	advised.hints.push(
		...(known?.hints ?? [])
			.filter((hint) => holds(hint, entry, launched))
			.map(({ text }) => text),
		...mcpHints(launched, known),
		...runnerHints(launched, known),
		...containerHints([command, ...args]),
	);
	return advised;
}

class Advised implements Advice {
	readonly set: AdvisedOptions = {};
	readonly reasons: Partial<Record<keyof AdvisedOptions, string>> = {};
	readonly hints: string[] = [];
	danger: string | undefined;
	readonly #entry: Readonly<ServerInput>;

	constructor(entry: Readonly<ServerInput>) {
		this.#entry = entry;
	}

	add<Key extends keyof AdvisedOptions>(
		key: Key,
		value: NonNullable<AdvisedOptions[Key]>,
		reason: string,
		isDanger = false,
	): void {
		const given = this.#entry[key];
		const remedy = `set ${key} to ${JSON.stringify(value)}`;
		if (given === undefined || given === defaults[key]) {
			if (isDanger)
				this.danger = [this.danger ?? [], `${reason} (${remedy})`]
					.flat()
					.join("; ");
			const { warm = 0 } = this.#entry;
			// The two together would be refused.
			if (value === "shared" && warm > 1) {
				this.hints.push(`${remedy}, and warm to 1: ${reason}`);
				return;
			}
			Object.assign(this.set, { [key]: value });
			this.reasons[key] = reason;
		} else if (isDanger && given !== value)
			this.hints.push(`${remedy}: ${reason}`);
	}
}

function holds(
	{ unlessArg, unlessEnv }: KnownHint,
	entry: Readonly<ServerInput>,
	{ args }: LaunchedServer,
): boolean {
	if (
		unlessArg !== undefined &&
		args.some((arg) => arg === unlessArg || arg.startsWith(`${unlessArg}=`))
	)
		return false;
	if (unlessEnv === undefined) return true;
	const { env = {}, envFile, inheritEnv = [] } = entry;
	// A container gets it by its arguments.
	const inArguments = (entry.args ?? []).some(
		(arg) => arg.replace(/^-e|^--env=/, "").split("=")[0] === unlessEnv,
	);
	return !(
		Object.hasOwn(env, unlessEnv) ||
		envFile !== undefined ||
		inheritEnv === true ||
		inheritEnv.includes(unlessEnv) ||
		inArguments
	);
}

/** A requirement that keeps the Python package mcp below 2. */
const isOldMcp =
	/^mcp(\[[^\]]*\])?\s*(.*,\s*)?(<\s*2|<=?\s*1|[=~]=\s*1)([.,]|$)/;

/** Python's package mcp became 2, which what was written for 1 does not run with. */
function mcpHints(
	{ source, runner, version = "", with: additional }: LaunchedServer,
	known: KnownServer | undefined,
): string[] {
	if (source !== "pypi" || runner === undefined || known?.mcp === "says")
		return [];
	const isHeld = additional.some((one) => isOldMcp.test(one));
	const isOld = /^\D*(0|20(24|25))\./.test(version);
	const isUnpinned = /^(latest)?$/.test(version);
	const remedy = 'put "--with", "mcp<2" in front of the package in "args"';
	if (known?.mcp === "1 before 2026") {
		if (isHeld && isUnpinned)
			return [
				'"mcp<2" keeps it at an old version: its new ones need version 2 of the Python package mcp, so leave it out',
			];
		if (!isOld) return [];
	}
	if (isHeld) return [];
	return known?.mcp === undefined
		? [
				`if it fails at its start, it may have been written for version 1 of the Python package mcp: ${remedy}`,
			]
		: [
				`it needs version 1 of the Python package mcp, and does not say so: ${remedy}`,
			];
}

/** Names that can be quoted: others are addresses, which may hold a password, or have variables in them. */
const plainName = /^(@[\w.-]+\/)?[\w.-]+$/;
const plainRequirement = /^[\w.[\],<>=~!-]+$/;

function runnerHints(
	{ source, name, version, runner, with: additional }: LaunchedServer,
	known: KnownServer | undefined,
): string[] {
	const isThere = known === undefined || known.programs !== undefined;
	if (runner === undefined || !isThere || known?.isArchived) return [];
	const hints = [];
	if (version === "latest")
		hints.push('"@latest" changes what runs by itself: name a version');
	const needed = neededBeside(additional, known);
	const withs = [...new Set(needed)].map((one) => `--with '${one}' `).join("");
	const install =
		source === "npm"
			? `"npm install ${pinned(name, "@", version)}" in the folder of the config`
			: `"uv tool install ${withs}${pinned(name, "==", version)}"`;
	const isPlain =
		plainName.test(name) && needed.every((one) => plainRequirement.test(one));
	const program = known?.programs?.[0];
	hints.push(
		`with ${runner} each start is slow: install it${isPlain ? ` (${install})` : ""}, and set "command" to ${program === undefined ? "the program that it brings" : `"${program}"`}`,
	);
	return hints;
}

/** What is to be installed with a package. */
function neededBeside(
	additional: readonly string[],
	known: KnownServer | undefined,
): readonly string[] {
	if (known?.mcp === "1") return ["mcp<2", ...additional];
	return known?.mcp === "1 before 2026"
		? additional.filter((one) => !isOldMcp.test(one))
		: additional;
}

/** A package with its version, where one is named. */
function pinned(name: string, between: string, version = ""): string {
	const [exact] = /\d[\w.+-]*$/.exec(version) ?? [];
	const isExact = /^(==)?\d[\w.+-]*$/.test(version);
	return isExact ? `${name}${between}${exact}` : name;
}

function containerHints(words: readonly string[]): string[] {
	const docker = dockerCommand(words);
	if (docker?.verb !== "run") return [];
	const { program, switches } = docker;
	const missing = (name: string) => !switches.has(name);
	return [
		...(missing("rm")
			? [
					`"${program} run" without "--rm" leaves a container behind at each end: put "--rm" behind "run" in "args"`,
				]
			: []),
		...(missing("init")
			? [
					`"${program} run" without "--init" has the server as process 1, which SIGTERM does not end by itself: put "--init" behind "run" in "args"`,
				]
			: []),
	];
}
