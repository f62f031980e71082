import { Command, InvalidArgumentError, Option } from "commander";
import { ConfigError } from "../config/config-error.ts";
import { unbracketed } from "../config/unbracketed.ts";
import { version } from "../version.ts";
import { createLogger, logLevels } from "./create-logger.ts";
import { ListenError } from "./listen-error.ts";
import { configReader } from "./read-config.ts";

/** Exit code for a command line or a config that cannot be used. */
const usageExitCode = 2;

/** The program. Errors that its user can mend go to stderr without a stack, with exit code 2. */
export async function main(argv: string[]): Promise<void> {
	const program = new Command("mcp-edge-bridge")
		.description(
			"Offers stdio MCP servers over HTTP, at /servers/<name>/mcp and /servers/<name>/sse",
		)
		.version(version)
		.exitOverride((error) => {
			process.exit(error.exitCode === 0 ? 0 : usageExitCode);
		})
		.addOption(
			new Option("-c, --config <file>", "the typed config").default(
				"servers.ts",
			),
		)
		.addOption(
			new Option(
				"--named-server-config <file>",
				"a JSON config with mcpServers, instead of --config",
			).conflicts("config"),
		)
		.option(
			"--host <host>",
			"address to listen on, instead of the config's",
			parseHost,
		)
		.option(
			"-p, --port <port>",
			"port to listen on, instead of the config's; 0: any free one",
			parsePort,
		)
		.option(
			"--strict",
			"refuse a config with a fault in any entry, instead of serving the others",
			false,
		)
		.option(
			"--no-watch",
			"do not take changes of the config into force (but on SIGHUP)",
		)
		.addOption(
			new Option("--log-level <level>", "what to log")
				.choices(logLevels)
				.default("info"),
		)
		.addOption(
			new Option("--log-format <format>", "how to log")
				.choices(["pretty", "json"])
				.default(process.stderr.isTTY ? "pretty" : "json"),
		)
		.action(async ({ logLevel, logFormat, ...options }) => {
			// Side by side: half of a start is reading the config, the other half loading the program.
			const reader = configReader(options);
			const [read, { serve }, log] = await Promise.all([
				reader.read(),
				import("./serve-command.ts"),
				createLogger(logLevel, logFormat === "pretty"),
			]);
			await serve(options, { reader, read }, log);
		});
	program
		.command("check")
		.description(
			"says which servers the config has and what is wrong with it, and starts nothing; takes --config, --named-server-config and --strict",
		)
		.option("--json", "as one JSON object", false)
		.action(async (_options, command: Command) => {
			const { check } = await import("./check-command.ts");
			await check(command.optsWithGlobals());
		});
	program
		.command("import")
		.argument("<file>", "a JSON config with mcpServers")
		.description("prints the servers.ts that says the same as a JSON config")
		.action(async (file: string) => {
			const { importNamedServers } = await import("./import-command.ts");
			process.stdout.write(await importNamedServers(file));
		});
	try {
		await program.parseAsync(argv);
	} catch (error) {
		if (!(error instanceof ConfigError || error instanceof ListenError)) {
			throw error;
		}
		process.stderr.write(`${error.code}: ${error.message}\n`);
		process.exit(usageExitCode);
	}
}

function parseHost(text: string): string {
	if (text.trim() !== "") return unbracketed(text);
	throw new InvalidArgumentError(
		"It is empty, which would mean every interface (0.0.0.0 says that).",
	);
}

function parsePort(text: string): number {
	const port = Number(text);
	if (/^\d+$/.test(text) && port <= 65_535) return port;
	throw new InvalidArgumentError("It is a number from 0 to 65535.");
}
