import { containerPrograms, dockerCommand } from "./docker-command.ts";
import { isReadable } from "./is-readable.ts";

/** Which program a command line starts, and how. */
export interface LaunchedServer {
	/** The registry that `name` is of: `program` where the command names what is installed. */
	readonly source: "npm" | "pypi" | "image" | "program";
	/** Without a version; of PyPI in its normal form. */
	readonly name: string;
	/** As it stands behind the name: `1.2.0`, `latest`, `==1.2.0`. */
	readonly version: string | undefined;
	/** What fetches it, `npx` or `uv tool run`; undefined where it is installed. */
	readonly runner: string | undefined;
	/** What uvx is told to install with it: `mcp<2`. */
	readonly with: readonly string[];
	/** Its own arguments. */
	readonly args: readonly string[];
}

/** Reads a command line; undefined where it does not show which program it starts. */
export function launchedServer(
	command: string,
	args: readonly string[] = [],
): LaunchedServer | undefined {
	if (!isReadable(command, args)) return undefined;
	// A whole command line as the command.
	const first = /^\S*[\\/]\S*\s/.test(command)
		? [command]
		: command.trim().split(/\s+/);
	return readWords([...first, ...args]);
}

type Words = readonly string[];

function readWords(words: Words): LaunchedServer | undefined {
	const [command = "", ...args] = words;
	const name = programOf(command);
	if (["sudo", "env", "exec", "nohup"].includes(name))
		return readWords(
			args.slice(countWhile(args, (word) => /^-|^\w+=/.test(word))),
		);
	if (containerPrograms.includes(name)) return readDocker(words);
	if (/^(ba|da|z|k|a)?sh$/.test(name)) return readShell(args);
	if (name === "cmd")
		return readWords(args.filter((word) => !/^\/\w$/.test(word)));
	const runner = runners.find(({ words }) =>
		startsWith([name, ...args], words),
	);
	if (runner) return readRunner(runner, args.slice(runner.words.length - 1));
	if (interpreters.test(name)) return readInterpreter(name, args);
	const inFolder = packageIn(command);
	if (inFolder !== undefined) return installed("npm", inFolder, args);
	return name === "" ? undefined : installed("program", name, args);
}

function readDocker(words: Words): LaunchedServer | undefined {
	const { verb, target, inner } = dockerCommand(words) ?? { inner: [] };
	if (verb === "exec") return readWords(inner);
	return target === undefined ? undefined : image(target, inner);
}

/** The last command of `sh -c`, which is the one that stays. */
function readShell(args: Words): LaunchedServer | undefined {
	const at = args.findIndex((arg) => /^-[a-z]*c$/.test(arg));
	const last = (args[at + 1] ?? "").split(/&&|\|\||[;|\n]/).at(-1) ?? "";
	const words = last
		.trim()
		.split(/\s+/)
		.map((word) => word.replace(/^(["'])(.*)\1$/, "$2"));
	return at === -1 || words[0] === "" ? undefined : readWords(words);
}

/** What runs a package that need not be installed. */
interface Runner {
	readonly words: Words;
	readonly source: "npm" | "pypi";
	/** Options that take a value in a word of their own. */
	readonly valued: RegExp;
	/** The option that names the package, where the word behind the options is its program. */
	readonly from: RegExp;
}

const npm = {
	source: "npm",
	valued:
		/^(-p|--package|-c|--call|-w|--workspace|--registry|--cache|--prefix|-n|--node-arg|--loglevel|--userconfig)$/,
	from: /^(-p|--package)$/,
} as const;
const pypi = {
	source: "pypi",
	valued:
		/^(--from|--spec|-w|--with|--with-editable|--with-requirements|-p|--python|-c|--constraints?|-b|--overrides?|-i|--index|--index-url|--default-index|--extra-index-url|-f|--find-links|--index-strategy|--prerelease|--resolution|--exclude-newer|--cache-dir|--config-file|--env-file|--directory|--project|-P|--upgrade-package|--refresh-package|--reinstall-package|--pip-args)$/,
	from: /^(--from|--spec)$/,
} as const;
const runners: readonly Runner[] = [
	...[
		"npx",
		"pnpx",
		"bunx",
		"npm exec",
		"npm x",
		"pnpm dlx",
		"yarn dlx",
		"bun x",
	].map((words) => ({ words: words.split(" "), ...npm })),
	...["uvx", "uv tool run", "pipx run"].map((words) => ({
		words: words.split(" "),
		...pypi,
	})),
];

function readRunner(
	{ words, source, valued, from }: Runner,
	args: Words,
): LaunchedServer | undefined {
	const rest = [...args];
	const additional: string[] = [];
	let given: string | undefined;
	while (rest[0]?.startsWith("-")) {
		const [option = "", ...assigned] = (rest.shift() ?? "").split("=");
		if (option === "--") break;
		if (assigned.length === 0 && !valued.test(option)) continue;
		const value =
			assigned.length > 0 ? assigned.join("=") : (rest.shift() ?? "");
		if (from.test(option)) given = value;
		else if (source === "npm" && /^(-c|--call)$/.test(option))
			return readShell(["-c", value]);
		else if (source === "pypi" && /^(-w|--with)$/.test(option))
			// Of one requirement there may be several bounds: mcp>=1,<2.
			additional.push(...value.split(/,(?=\s*[A-Za-z])/));
	}
	const [program, ...own] = rest;
	const spec = given ?? program;
	// What lies in a folder is downloaded by nobody.
	if (spec === undefined || /^(\.{0,2}[\\/]|\.{1,2}$|file:)/.test(spec))
		return undefined;
	return {
		...(source === "npm" ? npmPackage(spec) : pythonPackage(spec)),
		source,
		runner: words.join(" "),
		with: additional,
		args: own,
	};
}

const interpreters = /^(node|nodejs|bun|deno|tsx|ts-node|python[\d.]*|py|uv)$/;

/** `node node_modules/x/…`, `deno run npm:x`, `python -m x`, `uv run x`. */
function readInterpreter(
	name: string,
	args: Words,
): LaunchedServer | undefined {
	if (name === "uv") {
		const run = args.indexOf("run");
		return run === -1
			? undefined
			: readWords(behindOptions(args.slice(run + 1), pypi.valued));
	}
	const first = args.findIndex((arg) => arg === "-m" || !arg.startsWith("-"));
	const module = args[first] === "-m" ? args[first + 1] : undefined;
	if (module !== undefined)
		return installed(
			"pypi",
			pythonName(module.split(".")[0] ?? ""),
			args.slice(first + 2),
		);
	const script = args.findIndex(
		(arg) => arg.startsWith("npm:") || packageIn(arg) !== undefined,
	);
	const path = args[script];
	if (path === undefined) return undefined;
	const own = args.slice(script + 1);
	if (!path.startsWith("npm:"))
		return installed("npm", packageIn(path) ?? "", own);
	return {
		...npmPackage(path.slice(4).replace(/^\//, "")),
		source: "npm",
		runner: "deno",
		with: [],
		args: own,
	};
}

function behindOptions(words: Words, valued: RegExp): Words {
	const rest = [...words];
	while (rest[0]?.startsWith("-"))
		if (valued.test(rest.shift() ?? "")) rest.shift();
	return rest;
}

function installed(
	source: LaunchedServer["source"],
	name: string,
	args: Words,
): LaunchedServer {
	return {
		source,
		name,
		version: undefined,
		runner: undefined,
		with: [],
		args,
	};
}

function image(target: string, args: Words): LaunchedServer {
	const [, path = "", version] =
		/^(.*?)(?::([^:/@]+))?(?:@.*)?$/.exec(target) ?? [];
	const name = path
		.replace(/^(docker\.io|index\.docker\.io)\//, "")
		.replace(/^library\//, "");
	return {
		source: "image",
		name: name.toLowerCase(),
		version,
		runner: undefined,
		with: [],
		args,
	};
}

function npmPackage(spec: string) {
	const [, name = spec, version] = /^(@?[^@]+)(?:@(.*))?$/.exec(spec) ?? [];
	return { name: name.toLowerCase(), version };
}

function pythonPackage(spec: string) {
	// A repository or an archive without a name.
	if (/^[^@\s]*:\/\//.test(spec)) return { name: spec, version: spec };
	const [, name = spec, version] =
		/^([\w.-]+)(?:\[[^\]]*\])?\s*(?:@\s*)?(.*)$/.exec(spec) ?? [];
	return { name: pythonName(name), version: version || undefined };
}

/** Python's normal form of a package's name. */
function pythonName(name: string): string {
	return name.toLowerCase().replace(/[-_.]+/g, "-");
}

/** The package that a path goes into: `node_modules/@scope/name/dist/index.js`. */
function packageIn(path: string): string | undefined {
	const [, name] =
		/.*node_modules[\\/]((?:@[^\\/]+[\\/])?[^.\\/][^\\/]*)[\\/]/.exec(path) ??
		[];
	return name?.replace("\\", "/").toLowerCase();
}

function programOf(command: string): string {
	return (command.split(/[\\/]/).at(-1) ?? "")
		.replace(/\.(exe|cmd|bat|ps1)$/i, "")
		.toLowerCase();
}

function startsWith(words: Words, start: Words): boolean {
	return start.every((word, index) => words[index] === word);
}

function countWhile(words: Words, test: (word: string) => boolean): number {
	const end = words.findIndex((word) => !test(word));
	return end === -1 ? words.length : end;
}
