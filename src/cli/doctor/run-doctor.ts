import type { Logger } from "pino";
import { problemLine, unsetVariables } from "../../config/config-error.ts";
import type { BridgeConfig } from "../../config/resolve-config.ts";
import { version } from "../../version.ts";
import { chooseServer, offeredServers } from "../choose-server.ts";
import {
	type CommandOptions,
	commandLog,
	readCommandConfig,
} from "../command-options.ts";
import { print } from "../print.ts";
import { Progress } from "../progress.ts";
import { advise, lackingVariables } from "./advise.ts";
import { examineServer } from "./examine-server.ts";
import type { Advice, Findings } from "./findings.ts";
import { reportText } from "./report.ts";
import { tryWrites } from "./try-writes.ts";

/** What `mcp-edge-bridge doctor` is told. */
export interface DoctorOptions extends CommandOptions {
	json?: boolean;
	deep?: boolean;
}

/**
 * `mcp-edge-bridge doctor`: examines servers, one after the other, so that none
 * slows another down, and says what to change. Exit code 1 where one does not
 * work as it is.
 *
 * @param names those to examine; none: all that are offered
 * @throws {ConfigError | CommandError} where the config cannot be used, or has no such server
 */
export async function runDoctor(
	names: readonly string[],
	options: DoctorOptions,
): Promise<void> {
	const log = await commandLog(options);
	const config = await readCommandConfig(options, log);
	const chosen =
		names.length > 0
			? [...new Set(names.map((name) => chooseServer(config, name)))]
			: offeredServers(config);
	const progress = new Progress();
	const all: Findings[] = [];
	try {
		for (const name of chosen) {
			all.push(await examine(config, name, options, log, progress));
		}
	} finally {
		progress.stop();
	}
	const ok = all.every(({ advice }) =>
		advice.every(({ severity }) => severity !== "error"),
	);
	print(
		options.json
			? `${JSON.stringify({ version, ok, servers: all })}\n`
			: reportText(all),
	);
	if (!ok) process.exitCode = 1;
}

async function examine(
	config: BridgeConfig,
	name: string,
	{ deep = false }: DoctorOptions,
	log: Logger,
	progress: Progress,
): Promise<Findings> {
	const entry = config.servers[name];
	if (!entry) return faultyEntry(config, name);
	const found = await examineServer(config, name, log, progress);
	const writes =
		deep && !found.failure ? await tryWrites(config, name, log) : undefined;
	const complete = { ...found, ...(writes && { writes }) };
	const advice = advise(complete, entry, process.env);
	const verdict = verdictOf(complete, advice);
	const missing = lackingVariables(complete, entry, process.env);
	// As the type has them: who reads the JSON sees first what matters most.
	const { name: own, ...rest } = complete;
	return { name: own, verdict, missing, ...rest, advice };
}

function verdictOf(
	{ failure }: Pick<Findings, "failure">,
	advice: readonly Advice[],
): Findings["verdict"] {
	if (failure) return "failed";
	const severities = advice.map(({ severity }) => severity);
	if (severities.includes("error")) return "error";
	return severities.length > 0 ? "warning" : "ok";
}

/** A server that is not started, since its entry cannot be used. */
function faultyEntry({ faulty }: BridgeConfig, name: string): Findings {
	const problems = faulty.find((entry) => entry.name === name)?.problems ?? [];
	const missing = unsetVariables(problems);
	return {
		name,
		verdict: "failed",
		missing: missing === "" ? [] : missing.split(", "),
		capabilities: [],
		lists: {},
		noise: { lines: 0 },
		repaired: {},
		advice: problems.map((problem) => ({
			severity: "error",
			text: problemLine(problem),
		})),
	};
}
