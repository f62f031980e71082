import { adviceFor } from "../config/advice.ts";
import { commandHints } from "../config/command-hints.ts";
import {
	ConfigError,
	problemCode,
	problemLine,
} from "../config/config-error.ts";
import type { BridgeConfig, ServerConfig } from "../config/resolve-config.ts";
import { childEnvironment } from "../spawn/process/environment.ts";
import { print, tell } from "./print.ts";
import { type ConfigSource, configReader, fileOf } from "./read-config.ts";

/** Exit code where the config cannot be used, as the bridge's own. */
const notUsable = 2;

/** What is in a config, as `check --json` prints it. */
interface Report {
	file: string;
	servers: {
		name: string;
		/** The program alone: arguments may be secret. */
		command: string;
		enabled: boolean;
		/** What may be wrong about its command, and what may happen without an option that it lacks. */
		warnings: string[];
	}[];
	/** The enabled entries that cannot be served. */
	faulty: { name: string; code: string; problems: string[] }[];
	/** What was left out of the file. */
	warnings: string[];
}

/**
 * `mcp-edge-bridge check`: reads a config as the bridge does and starts nothing. Servers go to stdout, a line each;
 * warnings, and entries that cannot be served, to stderr. Exit code 2 where the config cannot be used.
 *
 * @param source.json one JSON object on stdout for all of it, an error included
 * @throws {ConfigError} unless `json`
 */
export async function check(source: ConfigSource & { json: boolean }) {
	const file = fileOf(source) ?? "the command line";
	try {
		const { config, warnings } = await configReader(source).read();
		const report = reportOf(file, config, warnings);
		if (source.json) printJson(report);
		else printLines(report);
	} catch (error) {
		if (!source.json || !(error instanceof ConfigError)) throw error;
		const { code, message } = error;
		printJson({ file, error: { code, message } });
		process.exitCode = notUsable;
	}
}

function reportOf(
	file: string,
	{ servers, faulty }: BridgeConfig,
	warnings: string[],
): Report {
	return {
		file,
		servers: Object.entries(servers).map(([name, server]) => ({
			name,
			command: server.command,
			enabled: server.enabled,
			warnings: server.enabled ? warningsOf(server) : [],
		})),
		faulty: faulty.map(({ name, problems }) => ({
			name,
			code: problemCode(problems),
			problems: problems.map(problemLine),
		})),
		warnings,
	};
}

function warningsOf(server: ServerConfig): string[] {
	const { command, args, env, inheritEnv } = server;
	const inherited = childEnvironment(process.env, inheritEnv, {});
	const { danger = [] } = adviceFor(server);
	return [commandHints({ command, args, env, inherited }), danger].flat();
}

function printJson(value: object): void {
	print(`${JSON.stringify(value, undefined, 2)}\n`);
}

function printLines({ servers, faulty, warnings }: Report): void {
	const rows = [
		...servers.map(({ name, command, enabled }) => [
			name,
			/\s/.test(command) ? JSON.stringify(command) : command,
			enabled ? "enabled" : "disabled",
		]),
		...faulty.map(({ name }) => [name, "-", "cannot be served"]),
	];
	const widthOf = (column: number) =>
		Math.max(...rows.map((row) => row[column]?.length ?? 0));
	const [names, commands] = [widthOf(0), widthOf(1)];
	for (const [name = "", command = "", state] of rows)
		print(`${name.padEnd(names)}  ${command.padEnd(commands)}  ${state}\n`);
	const remarks = [
		...warnings.map((warning) => `warning: ${warning}`),
		...servers.flatMap(({ name, warnings }) =>
			warnings.map((warning) => `warning: server "${name}": ${warning}`),
		),
		...faulty.flatMap(({ name, code, problems }) =>
			problems.map((problem) => `${code}: server "${name}": ${problem}`),
		),
	];
	for (const remark of remarks) tell(`${remark}\n`);
}
