import { basename } from "node:path";
import { maxProblems } from "./check-values.ts";
import { closestName } from "./closest-name.ts";
import type { Problem } from "./config-error.ts";
import { describeValue } from "./describe-value.ts";
import { mapTexts } from "./map-texts.ts";
import { type Path, pathText } from "./path-text.ts";
import { isPlainObject } from "./plain-object.ts";
import { serverKeys } from "./schema.ts";
import { ToolFilter } from "./tool-filter.ts";
import { hostVariable } from "./variables.ts";

/** An entry of a JSON file of named servers, its variables not replaced. */
export interface NamedEntry {
	readonly name: string;
	/** Where it stands in the file. */
	readonly path: Path;
	/** The same as `line:column`. */
	readonly place: string | undefined;
	/** As an entry of `servers.ts`, its values not checked. */
	readonly input: unknown;
	/** What was left out of it. */
	readonly warnings: readonly string[];
	/** Those that a check of the values does not find. */
	readonly problems: readonly Problem[];
}

/** In the strings of these, `${NAME}` is an environment variable. */
export const expandedKeys: readonly string[] = [
	"command",
	"args",
	"env",
	"envFile",
	"stopCommand",
	"cwd",
];

/** What other hosts do with these has no meaning for a bridge. */
const keysOfOtherHosts = new Set([
	"$schema",
	"alwaysAllow",
	"autoApprove",
	"autoStart",
	"builtin",
	"description",
	"dev",
	"disabledReason",
	"gallery",
	"icon",
	"id",
	"label",
	"logEnabled",
	"name",
	"networkTimeout",
	"panicIfInvalid",
	"scope",
	"settings",
	"source",
	"timeout",
	"title",
	"trust",
	"version",
	"watchPaths",
]);

const remoteKeys = ["url", "httpUrl", "serverUrl"];
const transportKeys = ["type", "transport", "transportType"];
const remoteTransports =
	/^(https?|sse|streamable[-_]?http|http[-_]?stream|streamable|remote|ws|websocket)$/i;

/** Whether an entry is a server that runs elsewhere. */
export function isRemote(entry: unknown): boolean {
	if (!isPlainObject(entry)) return false;
	const isRemoteTransport = transportKeys.some(
		(key) =>
			typeof entry[key] === "string" && remoteTransports.test(entry[key]),
	);
	const hasAddress = remoteKeys.some((key) => Object.hasOwn(entry, key));
	return isRemoteTransport || (hasAddress && !entry.command);
}

/** Whether a member of a list of servers, or of one, is a remark: "//", "_comment" and the like. */
export function isComment(key: string, value: unknown): boolean {
	if (key.startsWith("//") || key.startsWith("#")) return true;
	if (key === "$schema" || key === "comment") return !isPlainObject(value);
	// With "_" in front of its name a server is commented out, unless it is called so.
	return (
		key.startsWith("_") &&
		(!isPlainObject(value) ||
			/^_+(comment|disabled|example|off|old|unused)/i.test(key))
	);
}

/** An entry in the words of `servers.ts`. */
export function readNamedEntry({
	entry,
	...where
}: Pick<NamedEntry, "name" | "path" | "place"> & {
	entry: unknown;
}): NamedEntry {
	// For the check to report.
	if (!isPlainObject(entry))
		return { ...where, input: entry, warnings: [], problems: [] };
	const reader = new EntryReader(where.path);
	for (const member of unfolded(entry)) reader.take(member);
	return { ...where, ...reader.done() };
}

/** A member of an entry, and where in it. */
type Member = readonly [key: string, value: unknown, at: Path];

/** The members of an entry on one level: Zed has the whole command in one object, opencode in one array, and TBXark's mcp-proxy `options`. */
function unfolded(entry: Record<string, unknown>): Member[] {
	const { args, command, env } = entry;
	return Object.entries(entry).flatMap(([key, value]): Member[] => {
		if (key === "options" && isPlainObject(value))
			return Object.entries(value).map(([inner, item]) => [
				inner,
				item,
				[key, inner],
			]);
		if (key === "environment" && env === undefined)
			return [["env", value, [key]]];
		if (key === "args" && Array.isArray(command) && Array.isArray(value))
			return [[key, [...command.slice(1), ...value], [key]]];
		if (key === "command" && isPlainObject(value))
			return Object.entries(value).map(([inner, item]) => [
				inner === "path" ? key : inner,
				item,
				[key, inner],
			]);
		if (key !== "command" || !Array.isArray(value))
			return [[key, value, [key]]];
		const [program, ...own] = value;
		const member: Member = [key, program, [key]];
		return args === undefined ? [member, ["args", own, [key]]] : [member];
	});
}

class EntryReader {
	readonly #path: Path;
	readonly #input = new Map<string, unknown>();
	readonly #warnings: string[] = [];
	readonly #problems: Problem[] = [];
	readonly #tools = new ToolFilter(this.#problems);
	#unknown = 0;

	constructor(path: Path) {
		this.#path = path;
	}

	take([key, value, at]: Member): void {
		const path = pathText([...this.#path, ...at]);
		if (value === null || isComment(key, value)) return;
		if (this.#tools.take(key, value, path)) return;
		const isSet = Array.isArray(value) ? value.length > 0 : value !== "";
		if (key === "disabled") {
			if (typeof value !== "boolean")
				this.#refuse(path, value, "true or false");
			else if (value) this.#input.set("enabled", false);
		} else if (key === "enabled") {
			if (this.#input.get(key) !== false) this.#input.set(key, value);
		} else if (key === "authTokens") {
			if (isSet) this.#problems.push(authTokensProblem(path));
		} else if (transportKeys.includes(key)) {
			if (!["stdio", "local"].includes(String(value)))
				this.#leaveOut(path, `the bridge starts "command" over stdio`);
		} else if (remoteKeys.includes(key)) {
			this.#leaveOut(path, `the bridge starts "command"`);
		} else if (key === "env" && isPlainObject(value)) {
			this.#input.set(key, this.#environment(value));
		} else if (key === "args" && Array.isArray(value)) {
			this.#input.set(
				key,
				value.map((item, index) => this.#text(item, `${path}[${index}]`)),
			);
		} else if (serverKeys.includes(key)) this.#input.set(key, value);
		else if (keysOfOtherHosts.has(key))
			this.#leaveOut(path, "it has no meaning for the bridge");
		else if (this.#unknown++ < maxProblems) {
			const meant = closestName(key, serverKeys);
			const hint = meant === undefined ? "" : ` (did you mean "${meant}"?)`;
			this.#leaveOut(path, `unknown key${hint}`);
		}
	}

	done(): Pick<NamedEntry, "input" | "warnings" | "problems"> {
		const more = this.#unknown - maxProblems;
		if (more > 0)
			this.#leaveOut(pathText(this.#path), `${more} more unknown keys`);
		// What is there already is refused by a check of the values.
		if (this.#tools.tools !== undefined && !this.#input.has("tools"))
			this.#input.set("tools", this.#tools.tools);
		for (const key of expandedKeys)
			mapTexts(this.#input.get(key), [...this.#path, key], (text, path) => {
				const found = hostVariable(text);
				const expected = `an environment variable: \${NAME}, \${NAME:-default} or \${env:NAME}`;
				if (found !== undefined)
					this.#problems.push({ path, found: found.slice(0, 80), expected });
				return text;
			});
		return {
			input: Object.fromEntries(this.#input),
			warnings: this.#warnings,
			problems: this.#problems,
		};
	}

	/** Variables that are null are not set. */
	#environment(env: Record<string, unknown>) {
		return Object.fromEntries(
			Object.entries(env).flatMap(([name, value]) => {
				const path = pathText([...this.#path, "env", name]);
				return value === null ? [] : [[name, this.#text(value, path)]];
			}),
		);
	}

	/** Numbers and booleans as the texts that a process gets. */
	#text(value: unknown, path: string): unknown {
		if (typeof value === "boolean") return String(value);
		if (typeof value !== "number") return value;
		if (Number.isInteger(value) && !Number.isSafeInteger(value))
			this.#problems.push({
				path,
				found: "a number with more digits than a number can hold",
				expected: "the number in quotes",
			});
		return String(value);
	}

	#refuse(path: string, value: unknown, expected: string): void {
		this.#problems.push({ path, found: describeValue(value), expected });
	}

	#leaveOut(path: string, reason: string): void {
		this.#warnings.push(`${path}: left out, ${reason}`);
	}
}

/** Nobody who has protected a server may find it open. */
export function authTokensProblem(path: string): Problem {
	return {
		path,
		found: "tokens that clients have to send",
		expected:
			"nothing: the bridge does not check tokens yet, so with them left out everybody who reaches it could run the tools; take them out, keep --host at 127.0.0.1, and let a reverse proxy in front check them",
	};
}

const shells =
	/^(ba|da|z|k|fi|a|c|tc)?sh(\.exe)?$|^(cmd|pwsh|powershell)(\.exe)?$/i;

/** Whether a shell reads the arguments of an entry, and replaces `$NAME` itself. */
export function runsShell(input: Record<string, unknown>): boolean {
	const { command, args } = input;
	return [command, ...(Array.isArray(args) ? args : [])].some(
		(text) => typeof text === "string" && shells.test(basename(text)),
	);
}
