import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import * as v from "valibot";
import { closestName } from "./closest-name.ts";
import { invalidConfig, type Problem } from "./config-error.ts";
import type {
	BridgeInput,
	FilterInput,
	ServerInput,
} from "./define-servers.ts";
import { describeValue } from "./describe-value.ts";
import { pathText } from "./path-text.ts";
import { isPlainObject } from "./plain-object.ts";
import {
	bridgeKeys,
	bridgeSchema,
	serverKeys,
	serverSchema,
} from "./schema.ts";

type Resolved<T> = { readonly [K in keyof T]-?: Exclude<T[K], undefined> };

/** A server with every default filled in and `cwd` absolute. Plain data: two that say the same have the same JSON. */
export type ServerConfig = Resolved<
	Omit<ServerInput, "concurrency" | "env" | "tools" | "prompts" | "resources">
> & {
	readonly env: Readonly<Record<string, string>>;
	/** Requests in flight to one child; undefined is unlimited. */
	readonly concurrency: number | undefined;
	/** Undefined: all. */
	readonly tools: FilterInput | undefined;
	readonly prompts: FilterInput | undefined;
	readonly resources: FilterInput | undefined;
};

/** A config with every default filled in. Plain data: two that say the same have the same JSON. */
export type BridgeConfig = Resolved<
	Omit<
		BridgeInput,
		"servers" | "defaultServer" | "sessionKey" | "connectionIdleTimeoutMs"
	>
> & {
	/** Without a prototype, so `servers[name]` is undefined for every name that is not there. */
	readonly servers: Readonly<Record<string, ServerConfig>>;
	/** The server at `/mcp`, `/sse` and `/messages`, if there is one. */
	readonly defaultServer: string | undefined;
	/** The key that the config gives, if it does. */
	readonly sessionKey: string | undefined;
	/** What the config says of it, if it does: the default is the runtime's. */
	readonly connectionIdleTimeoutMs: number | undefined;
};

export type Checked =
	| { readonly ok: true; readonly config: BridgeConfig }
	| { readonly ok: false; readonly problems: readonly Problem[] };

type Path = readonly (string | number)[];

/**
 * The config that an input means. Pure, except that it looks whether each `cwd` exists.
 *
 * @param options.file the file the input comes from: for messages, and `cwd` is relative to its folder
 * @throws {ConfigError} `CONFIG_INVALID`, with every problem there is
 */
export function resolveConfig(
	input: unknown,
	{ file }: { file: string },
): BridgeConfig {
	const checked = checkConfig(input, { file });
	if (!checked.ok) throw invalidConfig(file, checked.problems);
	return checked.config;
}

/** As {@link resolveConfig}, for who has problems of its own to add. */
export function checkConfig(
	input: unknown,
	{ file }: { file: string },
): Checked {
	const problems: Problem[] = [];
	if (!isPlainObject(input)) {
		const found = describeValue(input);
		const expected =
			"an object with servers, as defineServers({ servers: {…} }) gives";
		return { ok: false, problems: [{ path: "config", found, expected }] };
	}
	problems.push(...unknownKeys(input, bridgeKeys, []));
	const options = check(bridgeSchema, input, [], problems);
	const servers = resolveServers(
		input.servers,
		dirname(resolve(file)),
		problems,
	);

	const enabled = enabledNames(input.servers);
	// From the input: another option's problem is no reason to keep this one back.
	const named = input.defaultServer;
	if (typeof named === "string" && !enabled.includes(named)) {
		const found = describeValue(named);
		const expected = `the name of an enabled server: ${enabled.join(", ") || "there is none"}`;
		problems.push({ path: "defaultServer", found, expected });
	}
	if (options === undefined || problems.length > 0)
		return { ok: false, problems };
	const only = enabled.length === 1 ? enabled[0] : undefined;
	// Keys come in one order, whether it was given or not.
	const {
		defaultServer: given,
		sessionKey,
		connectionIdleTimeoutMs,
		...rest
	} = options;
	const defaultServer = given ?? only;
	return {
		ok: true,
		config: {
			...rest,
			connectionIdleTimeoutMs,
			defaultServer,
			sessionKey,
			servers,
		},
	};
}

function resolveServers(input: unknown, folder: string, problems: Problem[]) {
	const servers: Record<string, ServerConfig> = Object.create(null);
	if (!isPlainObject(input)) {
		const expected = "an object of servers by name (required)";
		problems.push({ path: "servers", found: describeValue(input), expected });
		return servers;
	}
	const seen = new Map<string, string>();
	for (const name of Object.keys(input)) {
		problems.push(...nameProblems(name, seen));
		const path = ["servers", name];
		const server = resolveServer(input[name], path, folder, problems);
		if (server !== undefined) servers[name] = server;
	}
	if (enabledNames(input).length === 0) {
		const found = seen.size === 0 ? "no server" : "no enabled server";
		problems.push({
			path: "servers",
			found,
			expected: "at least one enabled server",
		});
	}
	return servers;
}

function resolveServer(
	input: unknown,
	path: Path,
	folder: string,
	problems: Problem[],
): ServerConfig | undefined {
	if (!isPlainObject(input)) {
		const expected = 'an object with "command"';
		problems.push({
			path: pathText(path),
			found: describeValue(input),
			expected,
		});
		return;
	}
	problems.push(...unknownKeys(input, serverKeys, path));
	const server = check(serverSchema, input, path, problems);
	if (server === undefined) return;
	if (server.isolation === "shared" && server.warm > 1) {
		const expected = '0 or 1 with isolation "shared", which has one child';
		problems.push({
			path: pathText([...path, "warm"]),
			found: describeValue(server.warm),
			expected,
		});
	}
	// Taken out for the same reason as above.
	const {
		cwd: given = ".",
		concurrency,
		tools,
		prompts,
		resources,
		...rest
	} = server;
	const cwd = resolve(folder, given);
	// A server that is off may have its folder on another machine.
	if (server.cwd !== undefined && server.enabled && !isDirectory(cwd)) {
		const found = `${describeValue(server.cwd)}, no directory`;
		const expected = `a directory that exists, absolute or relative to ${folder}`;
		problems.push({ path: pathText([...path, "cwd"]), found, expected });
	}
	return { ...rest, cwd, concurrency, tools, prompts, resources };
}

/** The values of an input by a schema, or undefined and a problem for each that is not allowed. */
function check<S extends v.GenericSchema>(
	schema: S,
	input: Record<string, unknown>,
	path: Path,
	problems: Problem[],
): v.InferOutput<S> | undefined {
	const result = v.safeParse(schema, input, { abortPipeEarly: true });
	for (const issue of result.issues ?? []) {
		const keys = (issue.path ?? []).map((item) => item.key as string | number);
		const [key] = keys;
		const secret =
			path.length > 0 ? key === "env" || key === "args" : key === "sessionKey";
		problems.push({
			path: pathText([...path, ...keys]),
			// A strict object expects nothing under a key that it does not know.
			found:
				issue.expected === "never"
					? "unknown key"
					: describeValue(issue.input, secret),
			expected: issue.message,
		});
	}
	return result.success ? result.output : undefined;
}

function unknownKeys(
	input: Record<string, unknown>,
	known: readonly string[],
	path: Path,
): Problem[] {
	return Object.keys(input)
		.filter((key) => !known.includes(key))
		.map((key) => {
			const meant = closestName(key, known);
			const hint = meant === undefined ? "" : `; did you mean "${meant}"?`;
			return {
				path: pathText([...path, key]),
				found: "unknown key",
				expected: known.join(", ") + hint,
			};
		});
}

function nameProblems(name: string, seen: Map<string, string>): Problem[] {
	const path = pathText(["servers", name]);
	const folded = name.normalize("NFC").toLowerCase();
	const same = seen.get(folded);
	seen.set(folded, name);
	if (!/^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$/.test(name)) {
		const expected =
			"letters, digits and . _ ~ -, starting with a letter or digit, at most 64 characters";
		return [{ path, found: "a name that cannot be part of a URL", expected }];
	}
	if (same !== undefined) {
		const expected = "names that differ in more than upper and lower case";
		return [{ path, found: `the same name as "${same}"`, expected }];
	}
	return [];
}

/** From the input, so that a server with a problem is not also reported as missing. */
function enabledNames(servers: unknown): string[] {
	if (!isPlainObject(servers)) return [];
	return Object.keys(servers).filter((name) => {
		const server = servers[name];
		return !isPlainObject(server) || server.enabled !== false;
	});
}

function isDirectory(path: string): boolean {
	try {
		return statSync(path).isDirectory();
	} catch {
		return false;
	}
}
