import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { BridgeInput } from "./bridge-input.ts";
import { checkValues, maxProblems, unknownKeys } from "./check-values.ts";
import { invalidConfig, type Problem } from "./config-error.ts";
import { describeValue } from "./describe-value.ts";
import { type Path, pathText, placed } from "./path-text.ts";
import { isPlainObject } from "./plain-object.ts";
import { readEnvFile } from "./read-env-file.ts";
import {
	bridgeKeys,
	bridgeSchema,
	serverKeys,
	serverSchema,
} from "./schema.ts";
import type { FilterInput } from "./server-filters.ts";
import type { ServerInput } from "./server-input.ts";
import { foldName, longestName, nameFault } from "./server-name.ts";

type Resolved<T> = { readonly [K in keyof T]-?: Exclude<T[K], undefined> };

/** A server with every default filled in and `cwd` absolute. Plain data: two that say the same have the same JSON. */
export type ServerConfig = Resolved<
	Omit<
		ServerInput,
		| "concurrency"
		| "env"
		| "envFile"
		| "stopCommand"
		| "tools"
		| "prompts"
		| "resources"
	>
> & {
	/** That of `envFile` included. */
	readonly env: Readonly<Record<string, string>>;
	/** Requests in flight to one child; undefined is unlimited. */
	readonly concurrency: number | undefined;
	/** Undefined: all. */
	readonly tools: FilterInput | undefined;
	readonly prompts: FilterInput | undefined;
	readonly resources: FilterInput | undefined;
	/** Program and arguments to run when a child was killed. */
	readonly stopCommand: readonly string[] | undefined;
};

/** An enabled entry that cannot be served, and why. */
export interface FaultyEntry {
	readonly name: string;
	readonly problems: readonly Problem[];
}

/** A config with every default filled in. Plain data: two that say the same have the same JSON. */
export type BridgeConfig = Resolved<
	Omit<
		BridgeInput,
		| "servers"
		| "defaultServer"
		| "sessionKey"
		| "connectionIdleTimeoutMs"
		| "maxConnections"
	>
> & {
	/** Without a prototype, so `servers[name]` is undefined for every name that is not there. */
	readonly servers: Readonly<Record<string, ServerConfig>>;
	/** The enabled entries that are not among `servers`; none where the config was read strictly. */
	readonly faulty: readonly FaultyEntry[];
	/** The server at `/mcp`, `/sse` and `/messages`, if there is one. */
	readonly defaultServer: string | undefined;
	/** The key that the config gives, if it does. */
	readonly sessionKey: string | undefined;
	/** What the config says of it, if it does: the default is the runtime's. */
	readonly connectionIdleTimeoutMs: number | undefined;
	readonly maxConnections: number | undefined;
};

/** What is known of an entry before its values are checked. */
export interface EntryOrigin {
	/** Where it stands in its file. */
	readonly path: Path;
	/** The same as `line:column`, where that is known. */
	readonly place?: string | undefined;
	readonly problems: readonly Problem[];
}

export interface CheckOptions {
	/** The file the input comes from: for messages, and relative paths start at its folder. */
	readonly file: string;
	/** Problems of the file as a whole that are known already. */
	readonly problems?: readonly Problem[];
	/** By name. Where nothing is known of an entry, it stands at `servers.NAME` and has no problem yet. */
	readonly origins?: ReadonlyMap<string, EntryOrigin>;
}

/** The outcome of a check. */
export interface Checked {
	/** What the input means, so far as it is free of problems; undefined where the file as a whole has one. */
	readonly config: Omit<BridgeConfig, "faulty"> | undefined;
	/** Those of the file as a whole. */
	readonly problems: readonly Problem[];
	/** The entries that have problems, disabled ones included. */
	readonly faulty: readonly (FaultyEntry & { readonly enabled: boolean })[];
}

/**
 * The config that an input means. Pure, except that it looks whether each `cwd` exists, and reads each `envFile`.
 *
 * @param options.strict whether a fault of one entry is one of the whole config; default true
 * @throws {ConfigError} with every problem there is
 */
export function resolveConfig(
	input: unknown,
	{ strict = true, ...options }: CheckOptions & { strict?: boolean },
): BridgeConfig {
	return acceptConfig(checkConfig(input, options), { ...options, strict });
}

/**
 * The config of a check, where there is something to serve.
 *
 * @param options.strict whether a fault of one entry is one of the whole config
 * @throws {ConfigError} with every problem there is
 */
export function acceptConfig(
	{ config, problems, faulty }: Checked,
	{ file, strict }: { file: string; strict: boolean },
): BridgeConfig {
	const isUsable =
		config !== undefined &&
		(faulty.length === 0 ||
			(!strict && Object.values(config.servers).some(isEnabled)));
	if (!isUsable)
		throw invalidConfig(file, [
			...problems,
			...faulty.flatMap(({ problems }) => problems),
		]);
	return {
		...config,
		faulty: faulty
			.filter(isEnabled)
			.map(({ name, problems }) => ({ name: shortened(name), problems })),
	};
}

/** As {@link resolveConfig}, with the problems as a part of the result. */
export function checkConfig(
	input: unknown,
	{ file, problems: known = [], origins = new Map() }: CheckOptions,
): Checked {
	if (!isPlainObject(input)) {
		const found = describeValue(input);
		const expected =
			"an object with servers, as defineServers({ servers: {…} }) gives";
		const problem = { path: "config", found, expected };
		return { config: undefined, problems: [...known, problem], faulty: [] };
	}
	const problems = [...known];
	const add = (problem: Problem) => {
		// One problem for one place: an unset variable also leaves an empty text.
		if (known.every(({ path }) => path !== problem.path))
			problems.push(problem);
	};
	unknownKeys(input, bridgeKeys, []).forEach(add);
	const options = checkValues(bridgeSchema, input, [], add);
	const enabled = enabledNames(input.servers);
	// From the input: another option's problem is no reason to keep this one back.
	const named = input.defaultServer;
	if (typeof named === "string" && !enabled.includes(named)) {
		const found = describeValue(named);
		const names = enabled.slice(0, maxProblems).join(", ");
		const expected = `the name of an enabled server: ${names || "there is none"}`;
		add({ path: "defaultServer", found, expected });
	}
	if (!isPlainObject(input.servers)) {
		const expected = "an object of servers by name (required)";
		const found = describeValue(input.servers);
		add({ path: "servers", found, expected });
	} else if (enabled.length === 0) {
		const isEmpty = Object.keys(input.servers).length === 0;
		const found = isEmpty ? "no server" : "no enabled server";
		const expected = "at least one enabled server";
		add({ path: "servers", found, expected });
	}
	const folder = dirname(resolve(file));
	const { servers, faulty } = resolveServers(input.servers, folder, origins);
	if (options === undefined || problems.length > 0)
		return { config: undefined, problems, faulty };
	const only = enabled.length === 1 ? enabled[0] : undefined;
	// Keys come in one order, whether it was given or not.
	const {
		defaultServer: given,
		sessionKey,
		connectionIdleTimeoutMs,
		maxConnections,
		...rest
	} = options;
	const defaultServer = given ?? only;
	const own = {
		connectionIdleTimeoutMs,
		maxConnections,
		defaultServer,
		sessionKey,
	};
	return {
		config: { ...rest, ...own, servers },
		problems,
		faulty,
	};
}

/** What can be served, and what is wrong with the others. */
function resolveServers(
	input: unknown,
	folder: string,
	origins: ReadonlyMap<string, EntryOrigin>,
) {
	const servers: Record<string, ServerConfig> = Object.create(null);
	const faulty: (FaultyEntry & { enabled: boolean })[] = [];
	const seen = new Map<string, EntryOrigin>();
	for (const [name, entry] of Object.entries(
		isPlainObject(input) ? input : {},
	)) {
		const origin = origins.get(name) ?? {
			path: ["servers", name],
			problems: [],
		};
		const { path, problems: known } = origin;
		const enabled = isEnabledInput(entry);
		const problems = [...known];
		const places = new Set(known.map(({ path }) => path));
		const server = resolveServer(entry, path, folder, (problem) => {
			// One problem for one place: an unset variable also leaves an empty text.
			if (!places.has(problem.path)) problems.push(problem);
		});
		problems.push(...nameProblems(name, origin, seen));
		// A server that is off may have its variables on another machine.
		const faults = enabled
			? problems
			: problems.filter(({ variable }) => variable === undefined);
		if (faults.length > 0) faulty.push({ name, problems: faults, enabled });
		else if (server !== undefined) servers[name] = server;
	}
	return { servers, faulty };
}

function resolveServer(
	input: unknown,
	path: Path,
	folder: string,
	add: (problem: Problem) => void,
): ServerConfig | undefined {
	if (!isPlainObject(input)) {
		const expected = 'an object with "command"';
		add({ path: pathText(path), found: describeValue(input), expected });
		return;
	}
	unknownKeys(input, serverKeys, path).forEach(add);
	const server = checkValues(serverSchema, input, path, add);
	if (server === undefined) return;
	if (server.isolation === "shared" && server.warm > 1) {
		const expected = '0 or 1 with isolation "shared", which has one child';
		const found = describeValue(server.warm);
		add({ path: pathText([...path, "warm"]), found, expected });
	}
	// Taken out so that keys come in one order, whether they were given or not.
	const {
		cwd: given = ".",
		envFile,
		concurrency,
		stopCommand,
		tools,
		prompts,
		resources,
		...rest
	} = server;
	const cwd = resolve(folder, given);
	const config = {
		...rest,
		cwd,
		concurrency,
		stopCommand,
		tools,
		prompts,
		resources,
	};
	// A server that is off may have its folder on another machine.
	if (!server.enabled) return config;
	if (server.cwd !== undefined && !isDirectory(cwd)) {
		const found = `${describeValue(server.cwd)}, no directory`;
		const expected = `a directory that exists, absolute or relative to ${folder}`;
		add({ path: pathText([...path, "cwd"]), found, expected });
	}
	if (envFile === undefined) return config;
	try {
		const variables = readEnvFile(resolve(folder, envFile));
		return { ...config, env: { ...variables, ...config.env } };
	} catch (error) {
		const { code = String(error) } = error as NodeJS.ErrnoException;
		const found = `${describeValue(envFile)}, which cannot be read (${code})`;
		const expected = `a file in dotenv syntax, absolute or relative to ${folder}`;
		add({ path: pathText([...path, "envFile"]), found, expected });
		return;
	}
}

function nameProblems(
	name: string,
	origin: EntryOrigin,
	seen: Map<string, EntryOrigin>,
): Problem[] {
	const path = pathText(origin.path);
	const fault = nameFault(name);
	if (fault !== undefined)
		return [
			{ path, found: "a name that cannot be part of a URL", expected: fault },
		];
	const folded = foldName(name);
	const same = seen.get(folded);
	if (same === undefined) {
		seen.set(folded, origin);
		return [];
	}
	const at = origin.place === undefined ? "" : `at ${origin.place} `;
	const expected = "names that differ in more than upper and lower case";
	return [{ path, found: `${at}the same name as ${placed(same)}`, expected }];
}

/** From the input, so that a server with a problem is not also reported as missing. */
function enabledNames(servers: unknown): string[] {
	if (!isPlainObject(servers)) return [];
	return Object.keys(servers).filter((name) => isEnabledInput(servers[name]));
}

function isEnabledInput(server: unknown): boolean {
	return !isPlainObject(server) || server.enabled !== false;
}

function isEnabled({ enabled }: { readonly enabled: boolean }): boolean {
	return enabled;
}

/** A name that is too long names nothing but its own fault. */
function shortened(name: string): string {
	return name.length > longestName ? `${name.slice(0, longestName)}…` : name;
}

function isDirectory(path: string): boolean {
	try {
		return statSync(path).isDirectory();
	} catch {
		return false;
	}
}
