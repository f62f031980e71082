import { dockerCommand } from "./docker-command.ts";
import { isReadable } from "./is-readable.ts";

/** What a child is started with. */
export interface CommandInput {
	command: string;
	args: readonly string[];
	/** The variables that its entry sets. */
	env: Readonly<Record<string, string>>;
	/** The variables that it has besides. */
	inherited?: Readonly<Record<string, string>>;
}

/**
 * What a person may have got wrong about a command, as sentences without a full
 * stop that say what to do. Most come from a shell that is not there, or from
 * another system. Values of variables and arguments are not quoted, since they
 * may be secret. Pure: it does not look at the disk.
 */
export function commandHints(input: CommandInput): string[] {
	if (!isReadable(input.command, input.args)) return [];
	const found = rules.flatMap((rule) => rule(input));
	return [...new Set(found)];
}

const rules: ((input: CommandInput) => string[])[] = [
	oneWord,
	windowsProgram,
	windowsPaths,
	tildes,
	variables,
	dockerInput,
	dockerVariables,
];

/** `npx -y foo` as one text. */
function oneWord({ command }: CommandInput): string[] {
	if (isWindowsPath(command)) return [];
	const [first = "", ...rest] = command.trim().split(/\s+/);
	// A path may have a space in it; a word behind it that looks like an argument has none to do with it.
	const isPath = first.includes("/") && !rest.some((w) => /^[-/@]/.test(w));
	if (rest.length === 0 || isPath) return [];
	return [
		`"command" is the program alone: set it to "${first}" and put the other words into "args", one by one`,
	];
}

const windowsShells = ["cmd", "powershell"];

function windowsProgram({ command, args }: CommandInput): string[] {
	const name = command.split(/[\\/]/).at(-1)?.toLowerCase() ?? "";
	const bare = name.replace(/\.(?:exe|cmd|bat|ps1)$/, "");
	if (windowsShells.includes(bare)) {
		const start = args.findIndex((arg) => !/^[-/]/.test(arg));
		const program = args[start];
		return [
			`"${name}" is a shell of Windows: ${program === undefined ? 'set "command" to the program that it is to start' : `set "command" to "${program}" and "args" to what stands behind that`}`,
		];
	}
	if (bare === name || isWindowsPath(command)) return [];
	return [`"${name}" is a file of Windows: set "command" to "${bare}"`];
}

function windowsPaths({ command, args }: CommandInput): string[] {
	return placesOf({ command, args, env: {} })
		.filter(({ text }) => /(?:^|[=,"'])(?:[A-Za-z]:[\\/]|\\\\\w)/.test(text))
		.map(
			({ place }) =>
				`${place} holds a path of Windows: write the path that it has on this machine`,
		);
}

function isWindowsPath(text: string): boolean {
	return /^[A-Za-z]:[\\/]/.test(text);
}

function tildes(input: CommandInput): string[] {
	return placesOf(input)
		.filter(({ text }) => /(?:^|[=:,])~(?:\/|$)/.test(text))
		.map(
			({ place }) =>
				`"~" in ${place} stays as it is, since no shell reads it: write the whole path`,
		);
}

/** Bounded, since the value of a variable may be of any length. */
const variable =
	/\$\{(?:\w{1,20}:)?([A-Za-z_]\w{0,99})(?:[^\w}][^}]{0,199})?\}|\$([A-Z_][A-Z0-9_]+)\b|%([A-Z_][A-Z0-9_]{2,})%/;

function variables(input: CommandInput): string[] {
	return placesOf(input).flatMap(({ place, text }) => {
		const match = variable.exec(text);
		if (!match) return [];
		const name = match[1] ?? match[2] ?? match[3];
		return [
			`"${match[0]}" in ${place} stays as it is, since no shell reads it: write its value, or env("${name}") in servers.ts`,
		];
	});
}

/** Every text of a command, and where it stands. What a shell is given to run is for that shell. */
function placesOf({ command, args, env }: CommandInput) {
	return [
		{ place: '"command"', text: command },
		...args
			.map((text, index) => ({ place: `"args"[${index}]`, text }))
			.filter((_, index) => !/^-[a-z]*c$/.test(args[index - 1] ?? "")),
		...Object.entries(env).map(([name, text]) => ({
			place: `"env"."${name}"`,
			text,
		})),
	];
}

function dockerInput({ command, args }: CommandInput): string[] {
	const docker = dockerCommand([command, ...args]);
	if (!docker) return [];
	const { program, verb, switches } = docker;
	const hints = [];
	if (!switches.has("interactive"))
		hints.push(
			`"${program} ${verb}" without "-i" gives the server no stdin: put "-i" behind "${verb}" in "args"`,
		);
	if (switches.has("tty"))
		hints.push(
			`"${program} ${verb}" with "-t" wants a terminal, and there is none: leave "-t" out of "args"`,
		);
	return hints;
}

function dockerVariables({ command, args, ...input }: CommandInput): string[] {
	const { env, inherited = {} } = input;
	const passed = dockerCommand([command, ...args])?.passed ?? [];
	return passed
		.filter((name) => !(env[name] ?? inherited[name]))
		.map(
			(name) =>
				`"-e ${name}" passes nothing into the container, since ${name} has no value: set it in "env"`,
		);
}
