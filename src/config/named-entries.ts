import { maxProblems } from "./check-values.ts";
import type { Problem } from "./config-error.ts";
import { describeValue } from "./describe-value.ts";
import {
	authTokensProblem,
	isComment,
	isRemote,
	type NamedEntry,
	readNamedEntry,
} from "./named-entry.ts";
import { pathText, placed } from "./path-text.ts";
import { isPlainObject } from "./plain-object.ts";
import type { JsonFile } from "./read-json-file.ts";
import { isRoot, type ServerList, serverLists } from "./server-lists.ts";

/** A JSON file of named servers, in the words of `servers.ts`. */
export interface NamedFile {
	readonly entries: readonly NamedEntry[];
	/** Why entries are not among them: a warning for each, where anything is left. */
	readonly leftOut: readonly Problem[];
	/** What else was left out. */
	readonly warnings: readonly string[];
	/** Those of the file as a whole. */
	readonly problems: readonly Problem[];
	/** The defaults of VS Code's inputs, by their ids. */
	readonly inputs: ReadonlyMap<string, string>;
}

const remoteServer = {
	found: "a remote server",
	expected:
		'stdio servers, with "command"; a client can talk to that one itself',
};

/** The entries of a JSON file of named servers. */
export function readNamedEntries({
	value: json,
	placeOf,
	duplicates,
}: JsonFile): NamedFile {
	const lists = serverLists(json);
	const file = isPlainObject(json) ? json : {};
	const warnings = [...fewOf(duplicates), ...otherKeys(file, lists)];
	const leftOut: Problem[] = [];
	const entries = new Map<string, NamedEntry>();
	const turnedOff = offNames(file);
	for (const list of lists) {
		for (const { name, key, entry } of membersOf(list, leftOut)) {
			const path = [...list.path, key];
			const place = placeOf(list.value, key);
			const at = placed({ path, place });
			const same = entries.get(name);
			const off = turnedOff(name);
			const leaveOut = (reason: string) =>
				warnings.push(`${at}: left out, ${reason}`);
			if (typeof key === "string" && isComment(key, entry)) {
				if (isPlainObject(entry))
					leaveOut("its name says that it is no server");
			} else if (isRemote(entry)) leftOut.push({ path: at, ...remoteServer });
			else if (same !== undefined)
				leaveOut(`a server of this name stands at ${placed(same)}`);
			else if (off !== undefined) leaveOut(off);
			else {
				const whole = withDefaults(entry, list, file);
				entries.set(name, readNamedEntry({ name, path, place, entry: whole }));
			}
		}
	}
	const problems = tokenPaths(file).map(authTokensProblem);
	if (entries.size === 0 && leftOut.length === 0)
		problems.push(noServer(json, lists));
	return {
		entries: [...entries.values()],
		leftOut,
		warnings,
		problems,
		inputs: inputDefaults(file),
	};
}

function noServer(json: unknown, [list]: ServerList[]): Problem {
	const expected = '{"mcpServers": {"name": {"command": "…", "args": […]}}}';
	if (!isPlainObject(json)) {
		const found = `${describeValue(json)} as the whole file`;
		return { path: "mcpServers", found, expected };
	}
	const root = Object.keys(json).find(isRoot) ?? "mcpServers";
	const value = list?.value ?? json[root];
	const found = isPlainObject(value) ? "no server" : describeValue(value);
	return { path: pathText(list?.path ?? [root]), found, expected };
}

interface ListMember {
	readonly name: string;
	/** By which the list holds it. */
	readonly key: string | number;
	readonly entry: unknown;
}

/** The servers of a list by their names. */
function membersOf(
	{ path, value }: ServerList,
	leftOut: Problem[],
): ListMember[] {
	if (!Array.isArray(value)) {
		// Beside servers that stand directly in a file there may be anything.
		const isMixed = path.length === 0 || path.at(-1) === "mcp";
		return Object.entries(value)
			.filter(([, entry]) => !isMixed || isPlainObject(entry))
			.map(([name, entry]) => ({ name, key: name, entry }));
	}
	return value.flatMap((entry: unknown, index) => {
		const own = isPlainObject(entry) ? entry : {};
		const named = ["name", "id", "title", "label"].find(
			(key) => typeof own[key] === "string",
		);
		if (named !== undefined) {
			const { [named]: name, ...rest } = own;
			return { name: String(name), key: index, entry: rest };
		}
		leftOut.push({
			path: pathText([...path, index]),
			found: `${describeValue(entry)} without a name`,
			expected: 'an object with "name" and "command"',
		});
		return [];
	});
}

/** An entry with what its host gives to all: Claude Code starts a project's servers in its folder, TBXark's mcp-proxy filters tools for all at once. */
function withDefaults(
	entry: unknown,
	{ cwd }: ServerList,
	{ mcpProxy }: Record<string, unknown>,
): unknown {
	if (!isPlainObject(entry)) return entry;
	const options = isPlainObject(mcpProxy) ? mcpProxy.options : undefined;
	const toolFilter = isPlainObject(options) ? options.toolFilter : undefined;
	const own = isPlainObject(entry.options) ? entry.options : {};
	return {
		...(cwd === undefined ? {} : { cwd }),
		...entry,
		...(toolFilter === undefined ? {} : { options: { toolFilter, ...own } }),
	};
}

/** Why a server is not to be served: Gemini's settings have lists of those that are, and are not. */
function offNames(file: Record<string, unknown>) {
	const mcp = isPlainObject(file.mcp) ? file.mcp : {};
	const excluded = [
		["mcp.excluded", mcp.excluded],
		["excludeMCPServers", file.excludeMCPServers],
		["disabledMcpServers", file.disabledMcpServers],
	] as const;
	const allowed = [
		["mcp.allowed", mcp.allowed],
		["allowMCPServers", file.allowMCPServers],
	] as const;
	const [off, on] = [listed(excluded), listed(allowed)];
	return (name: string): string | undefined => {
		const [out] = off.find(([, names]) => names.has(name)) ?? [];
		if (out !== undefined) return `${out} names it`;
		const [only] = on.find(([, names]) => !names.has(name)) ?? [];
		return only === undefined ? undefined : `${only} does not name it`;
	};
}

/** Those of them that are lists. */
function listed(all: readonly (readonly [at: string, names: unknown])[]) {
	return all.flatMap(([at, names]) =>
		Array.isArray(names) ? [[at, new Set<unknown>(names)] as const] : [],
	);
}

/** Where the file as a whole asks clients for tokens. */
function tokenPaths({ authTokens, mcpProxy }: Record<string, unknown>) {
	const proxy = isPlainObject(mcpProxy) ? mcpProxy : {};
	const options = isPlainObject(proxy.options) ? proxy.options : {};
	const places: [path: string, tokens: unknown][] = [
		["authTokens", authTokens],
		["mcpProxy.authTokens", proxy.authTokens],
		["mcpProxy.options.authTokens", options.authTokens],
	];
	return places.flatMap(([path, tokens]) => {
		const isEmpty =
			tokens === undefined ||
			tokens === null ||
			(Array.isArray(tokens) && tokens.length === 0);
		return isEmpty ? [] : path;
	});
}

/** The first of many warnings of one kind: each is a line of the log. */
function fewOf(warnings: readonly string[]): string[] {
	const more = warnings.length - maxProblems;
	const rest = more > 0 ? [`and ${more} more names that stand twice`] : [];
	return [...warnings.slice(0, maxProblems), ...rest];
}

/** What stands beside the servers. */
function otherKeys(
	file: Record<string, unknown>,
	lists: readonly ServerList[],
): string[] {
	const roots = new Set(lists.map(({ path }) => path[0]));
	if (roots.has(undefined)) return [];
	const keys = Object.keys(file).filter(
		(key) => !roots.has(key) && key !== "inputs" && !isComment(key, file[key]),
	);
	if (keys.length === 0 || lists.length === 0) return [];
	const names = keys.slice(0, maxProblems).map((key) => pathText([key]));
	const more = keys.length - names.length;
	const rest = more > 0 ? ` and ${more} more` : "";
	const read = [...roots].join(", ");
	return [
		`${names.join(", ")}${rest}: left out, the bridge reads ${read} only`,
	];
}

function inputDefaults({ inputs, mcp }: Record<string, unknown>) {
	const nested = isPlainObject(mcp) ? mcp.inputs : undefined;
	const all = [inputs, nested].flatMap((list) =>
		Array.isArray(list) ? list : [],
	);
	return new Map(
		all.flatMap((input) =>
			isPlainObject(input) &&
			typeof input.id === "string" &&
			typeof input.default === "string"
				? [[input.id, input.default] as const]
				: [],
		),
	);
}
