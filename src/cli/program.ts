import { Command } from "commander";
import { version } from "../version.ts";
import { addCompletion } from "./add-completion.ts";
import { addCallCommands } from "./call-commands.ts";
import { addClientsCommand } from "./clients-command.ts";
import { createLogger } from "./create-logger.ts";
import { addDoctorCommand } from "./doctor-command.ts";
import { addOptions, type GivenOptions } from "./options.ts";
import { print, tell } from "./print.ts";
import { configReader } from "./read-config.ts";
import { serveOptions } from "./serve-options.ts";
import { operandOf } from "./split-arguments.ts";

/** Exit code for a command line or a config that cannot be used. */
export const usageExitCode = 2;

/** The command line: its options, its commands, and what they do. */
export async function createProgram(argv: readonly string[]): Promise<Command> {
	const program = new Command("mcp-edge-bridge")
		.description(
			"Offers stdio MCP servers over HTTP, at /servers/<name>/mcp and /servers/<name>/sse; with a URL, offers that remote server over stdio",
		)
		.version(version)
		.configureOutput({ writeOut: print, writeErr: tell })
		.argument(
			"[command_or_url]",
			"the command of a server to offer at /mcp and /sse, or the URL of a remote server",
		)
		.argument(
			"[args...]",
			"the command's arguments, after -- if they begin with a dash",
		)
		.exitOverride((error) => {
			if (error.code === "commander.unknownOption")
				tell(
					"(options of a server's command stand behind --: mcp-edge-bridge -- command --option)\n",
				);
			process.exit(error.exitCode === 0 ? 0 : usageExitCode);
		})
		.action(async (first: string | undefined, rest: string[]) => {
			const words = first === undefined ? [] : [operandOf(first), ...rest];
			if (/^https?:\/\//i.test(words[0] ?? "")) await connect(program, words);
			else await serve(program, words);
		});
	addOptions(program);
	program
		.command("check")
		.description(
			"lists the servers in the config and what is wrong with it, and starts nothing; takes --config, --named-server-config and --strict",
		)
		.option("--json", "as one JSON object", false)
		.action(async ({ json }: { json: boolean }) => {
			const { check } = await import("./check-command.ts");
			await check({ ...serveOptions(program, []).options, json });
		});
	program
		.command("import")
		.argument("<file>", "a JSON config with mcpServers")
		.description("prints the servers.ts that is equivalent to a JSON config")
		.action(async (file: string) => {
			const { importNamedServers } = await import("./import-command.ts");
			print(await importNamedServers(file));
		});
	addDoctorCommand(program);
	addClientsCommand(program);
	addCallCommands(program);
	await addCompletion(program, argv);
	return program;
}

/** Offers stdio servers over HTTP. */
async function serve(program: Command, words: string[]): Promise<void> {
	const { options, warnings } = serveOptions(program, words);
	// Side by side: half of a start is reading the config, the other half loading the program.
	const reader = configReader(options);
	const [read, { serve }, programLog] = await Promise.all([
		reader.read(),
		import("./serve-command.ts"),
		loggerOf(program),
	]);
	for (const warning of warnings) programLog.log.warn(warning);
	await serve(options, { reader, read }, programLog);
}

/** Offers a remote server over stdio. */
async function connect(program: Command, words: string[]): Promise<void> {
	const { connectCommand } = await import("./connect-command.ts");
	await connectCommand(program, words, (await loggerOf(program)).log);
}

function loggerOf(program: Command) {
	const { logLevel, logFormat, debug }: GivenOptions = program.opts();
	return createLogger(debug ? "debug" : logLevel, logFormat === "pretty");
}
