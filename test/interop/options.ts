import { Command } from "commander";

/** Which clients the command line asks for. */
export function chosen(
	argv: readonly string[],
): (client: { name: string; version: string }) => boolean {
	const { only } = new Command("test:interop")
		.description("Tries real MCP clients with the bridge")
		.option(
			"--only <name...>",
			"clients whose names or versions contain one of these",
		)
		.allowExcessArguments(false)
		.parse(argv)
		.opts<{ only?: string[] }>();
	return ({ name, version }) =>
		only === undefined ||
		only.some((part) =>
			`${name} ${version}`.toLowerCase().includes(part.toLowerCase()),
		);
}
