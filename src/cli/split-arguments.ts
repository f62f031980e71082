/** Options that take two words each, as those of Python's argparse do and commander's do not. */
const pairs = ["-e", "--env", "-H", "--headers", "--named-server"];

/** Names that sparfenyuk/mcp-proxy keeps beside the new ones. */
const oldNames = new Map([
	["--sse-host", "--host"],
	["--sse-port", "--port"],
]);

/** Stands between the two. No argument has one. */
const between = "\0";

/**
 * A command line as commander reads it: an option of two words becomes one of one (see {@link pairOf}), `--allow-origin`
 * with several origins becomes several options, old names become the new ones, and what stands behind `--` is never a
 * command of the program itself.
 *
 * @param args without the program's name
 * @param commands names of the program's own commands; a command line that begins with one is left as it is
 */
export function splitArguments(
	args: readonly string[],
	commands: readonly string[],
): string[] {
	if (commands.includes(args[0] ?? "")) return [...args];
	const end = args.includes("--") ? args.indexOf("--") : args.length;
	const result: string[] = [];
	for (let index = 0; index < end; ) {
		const arg = args[index++] ?? "";
		if (pairs.includes(arg)) {
			const words = args.slice(index, Math.min(index + 2, end));
			index += words.length;
			result.push(arg, words.join(between));
		} else if (arg === "--allow-origin") {
			const first = index;
			while (index < end && (index === first || isOrigin(args[index]))) {
				result.push(arg, args[index++] ?? "");
			}
			if (index === first) result.push(arg);
		} else {
			const [name = "", ...value] = arg.split("=");
			result.push([oldNames.get(name) ?? name, ...value].join("="));
		}
	}
	const [program, ...rest] = args.slice(end + 1);
	if (program !== undefined) {
		const isOwn = commands.includes(program);
		result.push("--", isOwn ? between + program : program, ...rest);
	}
	return result;
}

/** The two words of an option, where it had two. */
export function pairOf(text: string): [string, string] | undefined {
	const [first = "", second, ...more] = text.split(between);
	return second === undefined || more.length > 0 ? undefined : [first, second];
}

/** An operand as it was given. */
export function operandOf(text: string): string {
	return text.startsWith(between) ? text.slice(between.length) : text;
}

/** An option can take several, and a command may follow. */
function isOrigin(text = ""): boolean {
	return (
		text === "*" || text === "null" || /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
	);
}
