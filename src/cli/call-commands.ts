import type { Command } from "commander";
import { addCommandOptions, optionsOf } from "./command-options.ts";

const urlOption = [
	"--url <base>",
	"ask a bridge that runs, by its URL, instead of starting the server for this command",
] as const;

/** Adds `tools` and `call`: a first look at a server without a client. */
export function addCallCommands(program: Command): void {
	addCommandOptions(program.command("tools"))
		.argument("<server>", "its name in the config")
		.description("lists the tools of a server")
		.option(...urlOption)
		.option("--json", 'prints {"tools":[…]}, or {"error":…}')
		.addHelpText(
			"after",
			`
Example:
  mcp-edge-bridge tools memory
  mcp-edge-bridge tools memory --url http://127.0.0.1:8080 --json

Exit code 1 where the server cannot say, 2 where the config cannot be used.`,
		)
		.action(async (server: string, _options, command: Command) => {
			const { showTools } = await import("./call-tool.ts");
			await showTools(server, optionsOf(command));
		});
	addCommandOptions(program.command("call"))
		.argument("<server>", "its name in the config")
		.argument("<tool>", "the tool's name")
		.argument(
			"[arguments...]",
			"one JSON object, - for one on stdin, or key=value words",
		)
		.description("calls a tool and prints what it answers")
		.option(...urlOption)
		.option("--json", 'prints {"result":…} or {"error":…}')
		.addHelpText(
			"after",
			`
Example:
  mcp-edge-bridge call everything get-sum a=2 b=3
  mcp-edge-bridge call memory search_nodes '{"query":"bridge"}' --json
  echo '{"path":"."}' | mcp-edge-bridge call filesystem list_directory -

The values of key=value get the types that the tool's inputSchema says.
Exit code 1 where the tool or the server answers with an error, 2 where the
arguments or the config cannot be used.`,
		)
		.action(
			async (
				server: string,
				tool: string,
				words: string[],
				_options,
				command: Command,
			) => {
				const { callTool } = await import("./call-tool.ts");
				await callTool(server, tool, words, optionsOf(command));
			},
		);
}
