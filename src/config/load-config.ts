import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { ConfigError, invalidConfig } from "./config-error.ts";
import { isPlainObject } from "./plain-object.ts";
import {
	type BridgeConfig,
	type EntryOrigin,
	resolveConfig,
} from "./resolve-config.ts";
import { UnsetMarks } from "./unset-marks.ts";

const example = `import { defineServers } from "mcp-edge-bridge";
export default defineServers({
	servers: {
		memory: { command: "npx", args: ["-y", "@modelcontextprotocol/server-memory"] },
	},
});`;

/**
 * Runs a `servers.ts` and resolves what it exports. Each call reads the file, and what it imports, anew.
 *
 * @param file absolute, or relative to the working directory
 * @param api what `import … from "mcp-edge-bridge"` gives inside the file, where the package need not be installed
 * @param strict whether a fault of one entry is one of the whole file
 * @throws {ConfigError}
 */
export async function loadConfig(
	file: string,
	api: object,
	strict = false,
): Promise<BridgeConfig> {
	const path = resolve(file);
	await assertFile(path, example);
	const marks = new UnsetMarks();
	const exported = await importFresh(path, { ...api, env: marks.env }).catch(
		(error: ConfigError) => {
			if (marks.lost.length === 0) throw error;
			// What it made of a missing variable may be why it throws.
			const { code, message, problems } = invalidConfig(path, marks.lost);
			const whole = `${message}\n  ${error.message}`;
			throw new ConfigError(code, whole, { cause: error, problems });
		},
	);
	if (!("default" in exported))
		throw notLoadable(
			path,
			"it has no default export (write: export default defineServers({ servers: {…} }))",
		);
	return resolveConfig(exported.default, {
		file: path,
		strict,
		...findUnset(exported.default, marks),
	});
}

/** Which entry needs a variable that is not set, or that it is none of them. */
function findUnset(input: unknown, marks: UnsetMarks) {
	if (!isPlainObject(input)) return { problems: marks.lost };
	const { servers, ...options } = input;
	const origins = new Map<string, EntryOrigin>();
	for (const [name, entry] of Object.entries(
		isPlainObject(servers) ? servers : {},
	)) {
		const path = ["servers", name];
		origins.set(name, { path, problems: marks.within(entry, path) });
	}
	return { origins, problems: [...marks.within(options, []), ...marks.lost] };
}

async function importFresh(path: string, api: object): Promise<object> {
	const { createJiti } = await import("jiti");
	const jiti = createJiti(import.meta.url, {
		moduleCache: false,
		// Node 20 cannot import TypeScript, and no runtime finds a package that is not installed.
		tryNative: false,
		// It would keep the code, with what secrets stand in it, in the temporary folder.
		fsCache: false,
		interopDefault: true,
		virtualModules: { "mcp-edge-bridge": api },
	});
	try {
		return Object(await jiti.import(path));
	} catch (cause) {
		if (cause instanceof ConfigError) throw cause;
		throw notLoadable(path, reason(cause, path), cause);
	}
}

/** @param example what to put into the file where there is none */
export async function assertFile(path: string, example: string): Promise<void> {
	const stats = await stat(path).catch((cause: NodeJS.ErrnoException) => {
		if (cause.code !== "ENOENT") throw notLoadable(path, cause.message, cause);
		throw new ConfigError(
			"CONFIG_NOT_FOUND",
			`Cannot find config "${path}": there is no such file (create it with a text such as the following)\n\n${example}\n`,
			{ cause },
		);
	});
	if (!stats.isFile())
		throw notLoadable(path, "it is no file (name the file itself)");
}

export function notLoadable(
	path: string,
	reason: string,
	cause?: unknown,
): ConfigError {
	return new ConfigError(
		"CONFIG_NOT_LOADABLE",
		`Cannot load config "${path}": ${reason}`,
		{ cause },
	);
}

/** What was thrown, and where in the file. */
function reason(cause: unknown, path: string): string {
	if (!(cause instanceof Error)) return `it throws ${String(cause)}`;
	const message = cause.message.split("\nRequire stack:")[0] ?? "";
	// jiti ends the message of a syntax error with its position.
	const [text = "", syntax] = message.split(/\s+(?=\S+:\d+:\d+$)/);
	if (syntax !== undefined) {
		const [, where, line, column] = /^(.*):(\d+):(\d+)$/.exec(syntax) ?? [];
		const file = where === path ? "" : ` of ${where}`;
		return `${text} (correct line ${line}, column ${column}${file})`;
	}
	// Columns in a stack are those of the compiled code; lines are kept.
	const frame = cause.stack?.split(`${path}:`)[1]?.match(/^\d+/)?.[0];
	const line = frame === undefined ? "" : ` (see line ${frame})`;
	return `it throws ${cause.name}: ${message}${line}`;
}
