import type { Command } from "commander";
import { addCommandOptions, optionsOf } from "./command-options.ts";

/** Adds `doctor`. */
export function addDoctorCommand(program: Command): void {
	// What the bridge warns of is in the report.
	addCommandOptions(program.command("doctor"), "error")
		.argument("[servers...]", "names in the config; none: all")
		.description("starts each server, reports how it does and what to change")
		.option(
			"--deep",
			"also calls tools, where the bridge has a way to try a server on data of its own: whether server-memory keeps writes that come at once",
			false,
		)
		.option("--json", "prints everything that was found out as JSON", false)
		.addHelpText(
			"after",
			`
Example:
  mcp-edge-bridge doctor
  mcp-edge-bridge doctor github memory --deep
  mcp-edge-bridge doctor --named-server-config servers.json --json

Each server is started twice, its lists are read, and it is ended, once by the
end of its stdin and once by SIGTERM; without --deep no tool is called.
Exit code 0 where all work, 1 where one does not, 2 where the config cannot be
used.`,
		)
		.action(async (servers: string[], _options, command: Command) => {
			const { runDoctor } = await import("./doctor/run-doctor.ts");
			await runDoctor(servers, optionsOf(command));
		});
}
