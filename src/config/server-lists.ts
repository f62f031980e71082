import type { Path } from "./path-text.ts";
import { isPlainObject } from "./plain-object.ts";

/** A list of servers in a JSON file. */
export interface ServerList {
	readonly path: Path;
	/** By name, or in an array. */
	readonly value: object;
	/** The folder that the host starts these servers in, where it is not the file's. */
	readonly cwd?: string;
}

/**
 * Where hosts keep their servers: `mcpServers` (Claude, Cursor, Gemini, sparfenyuk/mcp-proxy; Amp with a prefix),
 * `servers` and `mcp.servers` (VS Code), `context_servers` (Zed), `mcp` (opencode), `projects.*.mcpServers` (Claude
 * Code), `mcpServers` of another object (Augment), or the whole file.
 */
export function serverLists(json: unknown): ServerList[] {
	if (Array.isArray(json)) return [{ path: [], value: json }];
	if (!isPlainObject(json)) return [];
	const lists = Object.entries(json).flatMap(([key, value]) => {
		if (key === "mcp") return listsOfMcp(value);
		if (key === "projects") return listsOfProjects(value);
		if (isRoot(key)) return isList(value) ? [{ path: [key], value }] : [];
		const inner = isPlainObject(value) ? value.mcpServers : undefined;
		return isList(inner) ? [{ path: [key, "mcpServers"], value: inner }] : [];
	});
	if (lists.length > 0) return lists;
	const isBare = Object.values(json).some(isEntry);
	return isBare && !Object.keys(json).some(isRoot)
		? [{ path: [], value: json }]
		: [];
}

/** Whether servers stand under a key of this name. */
export function isRoot(key: string): boolean {
	return /^(mcp|(mcp\.)?servers|(.+\.)?mcp_?servers|context_servers)$/i.test(
		key,
	);
}

/** Servers themselves (opencode), or a list of them (VS Code); Gemini has neither there. */
function listsOfMcp(value: unknown): ServerList[] {
	if (!isPlainObject(value)) return [];
	for (const key of ["servers", "mcpServers"]) {
		const inner = value[key];
		if (isList(inner) && !isEntry(inner))
			return [{ path: ["mcp", key], value: inner }];
	}
	const entries = Object.entries(value).filter(([, entry]) => isEntry(entry));
	if (entries.length === 0) return [];
	return [{ path: ["mcp"], value }];
}

function listsOfProjects(value: unknown): ServerList[] {
	if (!isPlainObject(value)) return [];
	return Object.entries(value).flatMap(([cwd, project]) => {
		const inner = isPlainObject(project) ? project.mcpServers : undefined;
		return isList(inner)
			? [{ path: ["projects", cwd, "mcpServers"], value: inner, cwd }]
			: [];
	});
}

function isList(value: unknown): value is object {
	return isPlainObject(value) || Array.isArray(value);
}

function isEntry(value: unknown): boolean {
	return (
		isPlainObject(value) &&
		["command", "url", "httpUrl", "serverUrl"].some((key) =>
			Object.hasOwn(value, key),
		)
	);
}
