import { Command } from "commander";
import { ConfigError } from "../config/config-error.ts";
import { version } from "../version.ts";
import { addCompletion } from "./add-completion.ts";
import { addCallCommands } from "./call-commands.ts";
import { addClientsCommand } from "./clients-command.ts";
import { CommandError } from "./command-error.ts";
import { createLogger } from "./create-logger.ts";
import { addDoctorCommand } from "./doctor-command.ts";
import { ListenError } from "./listen-error.ts";
import { addOptions, type GivenOptions } from "./options.ts";
import { configReader } from "./read-config.ts";
import { serveOptions } from "./serve-options.ts";
import { operandOf, splitArguments } from "./split-arguments.ts";

/** Exit code for a command line or a config that cannot be used. */
const usageExitCode = 2;

/** The program. Errors that its user can mend go to stderr without a stack, with exit code 2. */
export async function main(argv: string[]): Promise<void> {
	const program = new Command("mcp-edge-bridge")
		.description(
			"Offers stdio MCP servers over HTTP, at /servers/<name>/mcp and /servers/<name>/sse, or with a URL a remote server over stdio",
		)
		.version(version)
		.argument(
			"[command_or_url]",
			"a server's command, to be offered at /mcp and /sse, or the URL of a remote server",
		)
		.argument(
			"[args...]",
			"the command's arguments, behind -- where they have dashes",
		)
		.exitOverride((error) => {
			if (error.code === "commander.unknownOption")
				process.stderr.write(
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
			"says which servers the config has and what is wrong with it, and starts nothing; takes --config, --named-server-config and --strict",
		)
		.option("--json", "as one JSON object", false)
		.action(async ({ json }: { json: boolean }) => {
			const { check } = await import("./check-command.ts");
			await check({ ...serveOptions(program, []).options, json });
		});
	program
		.command("import")
		.argument("<file>", "a JSON config with mcpServers")
		.description("prints the servers.ts that says the same as a JSON config")
		.action(async (file: string) => {
			const { importNamedServers } = await import("./import-command.ts");
			process.stdout.write(await importNamedServers(file));
		});
	addDoctorCommand(program);
	addClientsCommand(program);
	addCallCommands(program);
	await addCompletion(program, argv);
	const commands = [
		"help",
		...program.commands.map((command) => command.name()),
	];
	try {
		await program.parseAsync(splitArguments(argv.slice(2), commands), {
			from: "user",
		});
	} catch (error) {
		const isForUser =
			error instanceof ConfigError ||
			error instanceof ListenError ||
			error instanceof CommandError;
		if (!isForUser) throw error;
		process.stderr.write(`${error.code}: ${error.message}\n`);
		process.exit(usageExitCode);
	}
}

/** Offers stdio servers over HTTP. */
async function serve(program: Command, words: string[]): Promise<void> {
	const { options, warnings } = serveOptions(program, words);
	// Side by side: half of a start is reading the config, the other half loading the program.
	const reader = configReader(options);
	const [read, { serve }, log] = await Promise.all([
		reader.read(),
		import("./serve-command.ts"),
		loggerOf(program),
	]);
	for (const warning of warnings) log.warn(warning);
	await serve(options, { reader, read }, log);
}

/** Offers a remote server over stdio. */
async function connect(program: Command, words: string[]): Promise<void> {
	const { connectCommand } = await import("./connect-command.ts");
	await connectCommand(program, words, await loggerOf(program));
}

function loggerOf(program: Command) {
	const { logLevel, logFormat, debug }: GivenOptions = program.opts();
	return createLogger(debug ? "debug" : logLevel, logFormat === "pretty");
}
