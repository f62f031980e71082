/** What `docker run` or `docker exec` is told. */
export interface DockerCommand {
	/** `docker`, `podman` or `nerdctl`. */
	readonly program: string;
	readonly verb: "run" | "exec";
	/** The options without a value, by their long names; those of one letter that have none stay a letter. */
	readonly switches: ReadonlySet<string>;
	/** The names of variables that are given without a value. */
	readonly passed: readonly string[];
	/** The image, or with `exec` the container. */
	readonly target: string | undefined;
	/** What is run in it; nothing with `run` is what the image says. */
	readonly inner: readonly string[];
}

/** Whose command lines are as those of docker. */
export const containerPrograms: readonly string[] = [
	"docker",
	"podman",
	"nerdctl",
];
/** Options that take no value; all others do. */
const switches = new Set(
	"detach disable-content-trust help init interactive no-healthcheck oom-kill-disable privileged publish-all quiet read-only rm sig-proxy tty".split(
		" ",
	),
);
const longNames: Record<string, string> = {
	d: "detach",
	h: "help",
	i: "interactive",
	P: "publish-all",
	q: "quiet",
	t: "tty",
};

/** Reads the words of a command line; undefined where it is another one. */
export function dockerCommand(
	words: readonly string[],
): DockerCommand | undefined {
	const start = nameOf(words[0]) === "sudo" ? 1 : 0;
	const program = nameOf(words[start]);
	if (!containerPrograms.includes(program)) return undefined;
	const at = words.findIndex((word) => word === "run" || word === "exec");
	const verb = words[at];
	if (verb !== "run" && verb !== "exec") return undefined;
	// These are no containers of one server.
	if (words.slice(0, at).some((word) => ["compose", "mcp"].includes(word)))
		return undefined;
	const given = new Set<string>();
	const passed: string[] = [];
	let next = at + 1;
	while (words[next]?.startsWith("-")) {
		const option = words[next++] ?? "";
		if (option === "--") break;
		const { letters, name, value: own } = optionOf(option);
		for (const letter of letters) given.add(longNames[letter] ?? letter);
		if (name === undefined) continue;
		if (switches.has(name)) {
			if (own === "false") given.delete(name);
			else given.add(name);
			continue;
		}
		const value = own ?? words[next++];
		const isVariable = name === "env" || name === "e";
		if (isVariable && value && !value.includes("=")) passed.push(value);
	}
	const [target, ...inner] = words.slice(next);
	return { program, verb, switches: given, passed, target, inner };
}

/** One word of options: `--env=NAME`, `--rm`, `-it`, `-e`, `-eNAME`, `-ie`: its switches of one letter, and the option by its name. */
function optionOf(option: string) {
	if (option.startsWith("--")) {
		const [name = "", ...rest] = option.slice(2).split("=");
		const value = rest.length > 0 ? rest.join("=") : undefined;
		return { letters: "", name, value };
	}
	const letters = /^-([a-zA-Z]*)/.exec(option)?.[1] ?? "";
	const at = [...letters].findIndex((each) => longNames[each] === undefined);
	if (at === -1) return { letters, name: undefined, value: undefined };
	const value = option.slice(at + 2).replace(/^=/, "") || undefined;
	return { letters: letters.slice(0, at), name: letters[at], value };
}

function nameOf(command = ""): string {
	return command.split("/").at(-1) ?? "";
}
