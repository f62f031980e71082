import { closestName } from "./closest-name.ts";
import type { Problem } from "./config-error.ts";
import { describeValue } from "./describe-value.ts";
import { mapTexts } from "./map-texts.ts";
import { pathText } from "./path-text.ts";
import { isPlainObject } from "./plain-object.ts";
import { serverKeys } from "./schema.ts";
import { hostVariable } from "./variables.ts";

/** An entry of a JSON file of named servers, its variables not expanded. */
export interface NamedEntry {
	readonly name: string;
	/** As an entry of `servers.ts`, its values not checked. */
	readonly input: unknown;
	readonly warnings: readonly string[];
}

export interface NamedFile {
	/** The key the servers stand under. */
	readonly root: string;
	readonly entries: readonly NamedEntry[];
	/** Those that belong to no entry. */
	readonly warnings: readonly string[];
	readonly problems: readonly Problem[];
}

/** In the strings of these, `${NAME}` is an environment variable. */
export const expandedKeys: readonly string[] = [
	"command",
	"args",
	"env",
	"cwd",
];

/** Claude Desktop, Claude Code, Cursor and sparfenyuk/mcp-proxy use the first, VS Code the second. */
const roots = ["mcpServers", "servers"];

/** What other hosts do with these has no meaning for a bridge. */
const keysOfOtherHosts = new Set([
	"alwaysAllow",
	"autoApprove",
	"description",
	"dev",
	"disabledTools",
	"gallery",
	"icon",
	"networkTimeout",
	"timeout",
	"trust",
	"version",
]);

/** The entries of a JSON file of named servers, in the words of `servers.ts`. */
export function readNamedEntries(json: unknown): NamedFile {
	const file = isPlainObject(json) ? json : {};
	const [root = "mcpServers", second] = roots.filter((key) =>
		Object.hasOwn(file, key),
	);
	const problems: Problem[] = [];
	const servers = file[root];
	if (!isPlainObject(servers)) {
		const found = isPlainObject(json)
			? describeValue(servers)
			: `${describeValue(json)} as the whole file`;
		const expected = '{"mcpServers": {"name": {"command": "…", "args": […]}}}';
		return {
			root,
			entries: [],
			warnings: [],
			problems: [{ path: root, found, expected }],
		};
	}
	if (second !== undefined)
		problems.push({
			path: second,
			found: `a second list beside ${root}`,
			expected: "one of the two",
		});

	const warnings = Object.keys(file)
		.filter((key) => !roots.includes(key))
		.map(
			(key) => `${pathText([key])}: left out, the bridge reads ${root} only`,
		);
	const entries = Object.keys(servers).map((name) =>
		readEntry(root, name, servers[name], problems),
	);
	return { root, entries, warnings, problems };
}

function readEntry(
	root: string,
	name: string,
	entry: unknown,
	problems: Problem[],
): NamedEntry {
	// For resolveConfig to report.
	if (!isPlainObject(entry)) return { name, input: entry, warnings: [] };
	const input = new Map<string, unknown>();
	const warnings: string[] = [];
	let remote = false;
	for (const [key, value] of Object.entries(entry)) {
		const path = pathText([root, name, key]);
		const refuse = (found: string, expected: string) =>
			problems.push({ path, found, expected });
		const refuseRemote = (found: string) => {
			remote = true;
			refuse(found, remoteExpected);
		};
		if (value === null) continue;
		if (key === "disabled") {
			if (typeof value !== "boolean")
				refuse(describeValue(value), "true or false");
			else if (value) input.set("enabled", false);
		} else if (key === "enabled") {
			if (input.get(key) !== false) input.set(key, value);
		} else if (key === "type" || key === "transportType") {
			if (value !== "stdio") refuseRemote(describeValue(value));
		} else if (key === "url" || key === "serverUrl" || key === "httpUrl") {
			refuseRemote("a remote server");
		} else if (key === "envFile") {
			refuse(
				"a file of variables, which the bridge does not read",
				'variables under "env"',
			);
		} else if (serverKeys.includes(key)) input.set(key, value);
		else if (keysOfOtherHosts.has(key))
			warnings.push(`${path}: left out, it has no meaning for the bridge`);
		else {
			const meant = closestName(key, serverKeys);
			const hint = meant === undefined ? "" : ` (did you mean "${meant}"?)`;
			warnings.push(`${path}: left out, unknown key${hint}`);
		}
	}
	// A refused entry has its problem; nothing is to be said about the rest of it.
	if (remote) return { name, input: { command: name }, warnings };
	for (const key of expandedKeys)
		mapTexts(input.get(key), [root, name, key], (text, path) => {
			const found = hostVariable(text);
			const expected = `an environment variable: \${NAME}, \${NAME:-default} or \${env:NAME}`;
			if (found !== undefined) problems.push({ path, found, expected });
			return text;
		});
	return { name, input: Object.fromEntries(input), warnings };
}

const remoteExpected =
	'stdio servers, with "command"; take the entry out, a client can talk to that server itself';
