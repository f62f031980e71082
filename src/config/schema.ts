import { isIP } from "node:net";
import * as v from "valibot";
import type { BridgeInput } from "./bridge-input.ts";
import { isPlainObject } from "./plain-object.ts";
import type { ServerInput } from "./server-input.ts";
import { leastKeyLength, sessionKeyExpected } from "./session-key.ts";
import { unbracketed } from "./unbracketed.ts";

// Each message says what is allowed: it becomes `expected` of the problem.

const KiB = 2 ** 10;
const MiB = 2 ** 20;

/** A timer with a longer delay fires at once (Node, Bun and Deno keep it in a signed 32-bit number). */
const maxDelay = 2 ** 31 - 1;

const unset = "; where it comes from process.env, that variable is not set";

const string = (expected: string) =>
	v.pipe(
		v.string((issue) =>
			issue.input === undefined ? expected + unset : expected,
		),
		v.check((text) => !text.includes("\0"), `${expected} without NUL`),
	);
const text = (expected: string) =>
	v.pipe(
		string(expected),
		v.check((value) => value.trim() !== "", expected),
	);
const boolean = v.boolean("true or false");

function integer(note: string, min: number, max = Number.MAX_SAFE_INTEGER) {
	const range =
		max === Number.MAX_SAFE_INTEGER
			? `an integer of at least ${min}`
			: `an integer from ${min} to ${max}`;
	const expected = note === "" ? range : `${range} (${note})`;
	return v.pipe(
		v.number(expected),
		v.integer(expected),
		v.minValue(min, expected),
		v.maxValue(max, expected),
	);
}
const milliseconds = (min: number) => integer("milliseconds", min, maxDelay);
const bytes = (min: number) => integer("bytes", min);

function choice<const T extends readonly string[]>(
	values: T,
	later: readonly string[] = [],
) {
	const expected = values.map((value) => `"${value}"`).join(", ");
	return v.picklist(values, ({ input }) =>
		typeof input === "string" && later.includes(input)
			? `${expected}; "${input}" is not available in this version`
			: expected,
	);
}

const variableName =
	"a name of an environment variable, without = and not empty";
const environment = v.pipe(
	v.custom<Readonly<Record<string, string>>>(
		isPlainObject,
		"an object of strings",
	),
	// Not v.record: it passes over "constructor" and "prototype" in silence.
	v.rawCheck(({ dataset, addIssue }) => {
		if (!dataset.typed) return;
		const input = dataset.value;
		for (const [key, value] of Object.entries(input as object)) {
			const message = /^[^=\0]+$/.test(key)
				? v.safeParse(string("a string"), value, { abortPipeEarly: true })
						.issues?.[0].message
				: variableName;
			const path = {
				type: "object",
				origin: "value",
				input,
				key,
				value,
			} as const;
			if (message !== undefined)
				addIssue({ message, input: value, path: [path] });
		}
	}),
	v.transform((entries) => ({ ...entries })),
);
const inheritEnv = v.union(
	[v.array(v.pipe(v.string(), v.regex(/^[^=\0]+$/))), v.literal(true)],
	"an array of names of environment variables, or true for all (danger: secrets)",
);

const pathExpected =
	'a path of letters, digits and . _ ~ -, such as "/mcp-bridge", without . and .. as parts';
const parts = (path: string) => path.split("/").filter((part) => part !== "");
const basePath = v.pipe(
	v.string(pathExpected),
	v.check(
		(path) =>
			parts(path).every((part) => /^(?!\.{1,2}$)[A-Za-z0-9._~-]+$/.test(part)),
		pathExpected,
	),
	v.transform((path) =>
		parts(path)
			.map((part) => `/${part}`)
			.join(""),
	),
);

const hostExpected =
	'a host name as in the Host header, without scheme, port and path, or "*" for any (danger: DNS rebinding)';
const allowedHost = v.pipe(
	v.string(hostExpected),
	v.check(
		(host) =>
			isIP(unbracketed(host)) === 6 || /^(\*|[a-z0-9._-]+)$/i.test(host),
		hostExpected,
	),
	v.toLowerCase(),
);

const originExpected =
	'an origin such as "https://app.example.com", "null" for pages without one (danger: any page can be one), or "*" for any (danger: every web page)';
const allowedOrigin = v.pipe(
	v.string(originExpected),
	v.check(
		(origin) =>
			["*", "null"].includes(origin) ||
			(/^[a-z][a-z0-9+.-]*:\/\/[^/?#@*\s]+\/?$/i.test(origin) &&
				URL.canParse(origin)),
		originExpected,
	),
	v.transform((origin) => {
		if (["*", "null"].includes(origin)) return origin;
		// Not `origin`: that is "null" for schemes such as vscode-webview:
		const { protocol, host } = new URL(origin);
		return `${protocol}//${host}`;
	}),
);

const headerExpected = 'a name of an HTTP header, such as "X-Request-Id"';
const headerName = v.pipe(
	v.string(headerExpected),
	// RFC 9110, section 5.6.2.
	v.regex(/^[!#$%&'*+.^_`|~0-9a-z-]+$/i, headerExpected),
);

const sessionKey = v.pipe(
	v.string(sessionKeyExpected),
	v.minLength(leastKeyLength, sessionKeyExpected),
);

const strings = (item: v.GenericSchema<string, string>, expected: string) =>
	v.array(item, expected) as v.GenericSchema<readonly string[], string[]>;

/** Only what is left out leaves something unrestricted: a list that is undefined is a mistake. */
function filter(names: string, example: string) {
	const expected = `an object with "allow", "deny" or both, arrays of ${names}, such as { deny: ["${example}"] }`;
	const patterns = v.exactOptional(
		strings(
			text(`a non-empty string: one of the ${names}, or a pattern with *`),
			`an array of ${names} (leave the key out for no restriction)`,
		),
	);
	return v.pipe(
		v.custom<Readonly<Record<string, unknown>>>(isPlainObject, expected),
		v.strictObject({ allow: patterns, deny: patterns }, expected),
		v.check(
			({ allow, deny }) => allow !== undefined || deny !== undefined,
			expected,
		),
	);
}

/** What may stand beside `servers`. */
export const bridgeSchema = v.object({
	host: v.optional(
		v.pipe(
			text("an address or host name to listen on"),
			v.transform(unbracketed),
		),
		"127.0.0.1",
	),
	port: v.optional(integer("", 0, 65_535), 8080),
	basePath: v.optional(basePath, ""),
	defaultServer: v.optional(v.string("the name of an enabled server")),
	trustProxy: v.optional(boolean, false),
	allowedHosts: v.optional(strings(allowedHost, "an array of host names"), []),
	allowedOrigins: v.optional(strings(allowedOrigin, "an array of origins"), []),
	exposedHeaders: v.optional(
		strings(headerName, "an array of names of HTTP headers"),
		[],
	),
	stateless: v.optional(boolean, false),
	keepAliveMs: v.optional(milliseconds(0), 15_000),
	connectionIdleTimeoutMs: v.optional(
		integer("milliseconds, a day at most", 1, 86_400_000),
	),
	maxConnections: v.optional(integer("", 1)),
	postResponse: v.optional(choice(["auto", "sse", "json"]), "auto"),
	maxBodyBytes: v.optional(bytes(1), 16 * MiB),
	maxSessions: v.optional(integer("", 1), 10_000),
	sessionIdleTimeoutMs: v.optional(milliseconds(1), 3_600_000),
	historyEvents: v.optional(integer("", 0), 256),
	historyBytes: v.optional(bytes(0), MiB),
	maxStreamBufferBytes: v.optional(bytes(1), 32 * MiB),
	drainTimeoutMs: v.optional(milliseconds(0), 5000),
	sessionKey: v.optional(sessionKey),
	maxSessionsPerPrincipal: v.optional(integer("", 1), 10_000),
	maxRequestsPerSession: v.optional(integer("", 1), 256),
	maxStreams: v.optional(integer("", 1), 20_000),
	maxHeaderBytes: v.optional(bytes(1), 16 * KiB),
	bodyTimeoutMs: v.optional(milliseconds(1), 30_000),
	maxStartingChildren: v.optional(integer("", 1), 8),
} satisfies Record<keyof Omit<BridgeInput, "servers">, v.GenericSchema>);

const stopCommandExpected =
	'a program and its arguments, such as ["docker", "rm", "--force", "NAME"]';
const stopCommand = v.pipe(
	strings(string(stopCommandExpected), stopCommandExpected),
	v.check(([program = ""]) => program.trim() !== "", stopCommandExpected),
);

const commandExpected = "a non-empty string, the program to run (required)";

const protocols = [
	"auto",
	"legacy",
	"modern",
	"dual",
	"2024-11-05",
	"2025-03-26",
	"2025-06-18",
	"2025-11-25",
] as const;

/** What may stand in an entry of `servers`. */
export const serverSchema = v.object(
	{
		command: text(commandExpected),
		args: v.optional(strings(string("a string"), "an array of strings"), []),
		env: v.optional(environment, {}),
		envFile: v.optional(text("a path of a file in dotenv syntax")),
		inheritEnv: v.optional(inheritEnv, []),
		cwd: v.optional(text("a path of a directory")),
		isolation: v.optional(
			choice(["auto", "shared", "session"], ["identity"]),
			"auto",
		),
		concurrency: v.optional(integer("left out: unlimited", 1)),
		warm: v.optional(integer("", 0), 0),
		idleTimeoutMs: v.optional(milliseconds(0), 0),
		startTimeoutMs: v.optional(milliseconds(1), 30_000),
		stopTimeoutMs: v.optional(milliseconds(0), 2000),
		stopCommand: v.optional(stopCommand),
		protocol: v.optional(choice(protocols), "auto"),
		inputTimeoutMs: v.optional(milliseconds(1), 300_000),
		requestTimeoutMs: v.optional(milliseconds(0), 0),
		maxRequestTimeoutMs: v.optional(milliseconds(0), 0),
		maxSuspendedCalls: v.optional(integer("", 1), 32),
		maxAskingCalls: v.optional(integer("", 1), 8),
		tools: v.optional(filter("names of tools", "delete_*")),
		prompts: v.optional(filter("names of prompts", "draft_*")),
		resources: v.optional(filter("URIs of resources", "file:///private/*")),
		enabled: v.optional(boolean, true),
		maxLineBytes: v.optional(bytes(1), 32 * MiB),
		maxRequests: v.optional(integer("", 1), 2048),
		maxQueue: v.optional(integer("", 1), 1024),
		maxQueueBytes: v.optional(bytes(1), 64 * MiB),
		maxChildren: v.optional(integer("", 1), 64),
		maxCapabilitySets: v.optional(integer("", 0), 4),
		maxStderrBytes: v.optional(bytes(0), 16 * KiB),
	} satisfies Record<keyof ServerInput, v.GenericSchema>,
	// Used for a missing key only, and `command` is the only one without which none goes.
	commandExpected,
);

export const bridgeKeys = ["servers", ...Object.keys(bridgeSchema.entries)];
export const serverKeys = Object.keys(serverSchema.entries);
