import type { Argument, Command, Option } from "commander";
import { createProgram } from "../../src/cli/program.ts";
import { markdownTable } from "./markdown-table.ts";

/** The options of the program, a table for each group of its `--help`. */
export async function flagTables(): Promise<string> {
	const program = await createProgram([]);
	const headings = new Set(program.options.map(headingOf));
	return [...headings]
		.map((heading) => {
			const options = program.options.filter(
				(option) => headingOf(option) === heading,
			);
			return `**${heading}**\n\n${flagTable(options)}`;
		})
		.join("\n\n");
}

function headingOf({ helpGroupHeading }: Option): string {
	return helpGroupHeading?.replace(/:$/, "") ?? "Other";
}

/** The commands of the program, as its `--help` has them. */
export async function commandTable(): Promise<string> {
	const { commands } = await createProgram([]);
	return markdownTable(
		["command", "what it does"],
		commands.map((command) => [
			`\`${usageOf(command)}\``,
			command.description(),
		]),
	);
}

/** The options that all of these commands have, with the defaults of the first. */
export async function sharedFlagTable(names: string): Promise<string> {
	const { commands } = await createProgram([]);
	const chosen = names
		.split(",")
		.map((name) => commands.find((command) => command.name() === name));
	const [first, ...others] = chosen.map((command) => command?.options ?? []);
	const shared = first?.filter(({ flags, description }) =>
		others.every((options) =>
			options.some(
				(option) =>
					option.flags === flags && option.description === description,
			),
		),
	);
	return flagTable(shared ?? []);
}

function flagTable(options: readonly Option[]): string {
	return markdownTable(
		["flag", "meaning", "default"],
		options.map((option) => [
			`\`${option.flags}\``,
			[option.description, ...choicesOf(option)].join(": "),
			defaultOf(option),
		]),
	);
}

function choicesOf({ argChoices }: Option): string[] {
	if (argChoices === undefined) return [];
	return [argChoices.map((choice) => `\`${choice}\``).join(", ")];
}

function defaultOf(option: Option): string {
	const { defaultValue, defaultValueDescription } = option;
	if (defaultValueDescription !== undefined) return defaultValueDescription;
	return typeof defaultValue === "string" ? `\`${defaultValue}\`` : "";
}

function usageOf(command: Command): string {
	return [command.name(), ...command.registeredArguments.map(named)].join(" ");
}

function named(argument: Argument): string {
	const name = `${argument.name()}${argument.variadic ? "…" : ""}`;
	return argument.required ? `<${name}>` : `[${name}]`;
}
