import { type Command, InvalidArgumentError, Option } from "commander";
import { unbracketed } from "../config/unbracketed.ts";
import { logLevels } from "./create-logger.ts";
import { pairOf } from "./split-arguments.ts";

type Pair = readonly [string, string];

/** What the options of the program give. */
export interface GivenOptions {
	config: string;
	namedServerConfig?: string;
	namedServer: Pair[];
	env: Pair[];
	cwd?: string;
	passEnvironment?: boolean;
	host?: string;
	port?: number;
	basePath?: string;
	defaultServer?: string;
	allowedHost?: string[];
	allowOrigin?: string[];
	exposeHeader?: string[];
	stateless?: boolean;
	warm?: number;
	strict: boolean;
	watch: boolean;
	headers: Pair[];
	transport?: "sse" | "streamablehttp";
	clientId?: string;
	clientSecret?: string;
	tokenUrl?: string;
	username?: string;
	password?: string;
	digest?: boolean;
	verifySsl?: boolean | string;
	logLevel: string;
	logFormat: "pretty" | "json";
	debug?: boolean;
}

/** Declares the options of the program. Those of sparfenyuk/mcp-proxy have its names and its shapes. */
export function addOptions(program: Command): void {
	const groups: [title: string, options: Option[]][] = [
		["Servers:", serverOptions()],
		["HTTP:", httpOptions()],
		["Remote server (with a URL):", remoteOptions()],
		["Log:", logOptions()],
	];
	for (const [title, options] of groups)
		for (const option of options) program.addOption(option.helpGroup(title));
}

function serverOptions(): Option[] {
	return [
		new Option("-c, --config <file>", "the typed config").default("servers.ts"),
		new Option(
			"--named-server-config <file>",
			"a JSON config with mcpServers, instead of --config",
		).conflicts("config"),
		pairs(
			"--named-server <name command>",
			"a further server: its name, and its command in one string; repeatable",
		),
		pairs(
			"-e, --env <key value>",
			"an environment variable for the server on the command line; repeatable",
		),
		new Option("--cwd <folder>", "the working directory of that server"),
		new Option(
			"--pass-environment",
			"let all servers of the command line or of a JSON config inherit the whole environment (danger: secrets)",
		),
		new Option(
			"--no-pass-environment",
			"let them inherit a few harmless variables (default)",
		),
		new Option(
			"--warm <count>",
			"how many children of each server to start before anybody asks",
		).argParser(parseCount),
		new Option(
			"--strict",
			"refuse a config with a fault in any entry instead of serving the other entries",
		).default(false),
		new Option(
			"--no-watch",
			"read the config again on SIGHUP only, not when it changes",
		),
	];
}

function httpOptions(): Option[] {
	return [
		new Option(
			"--host <host>",
			"address to listen on, instead of the config's (also --sse-host)",
		).argParser(parseHost),
		new Option(
			"-p, --port <port>",
			"port to listen on, instead of the config's; 0: any free one (also --sse-port)",
		).argParser(parsePort),
		new Option(
			"--base-path <path>",
			"path in front of every route, instead of the config's",
		),
		new Option(
			"--default-server <name>",
			"the server that is also at /mcp, /sse and /messages",
		),
		list(
			"--allowed-host <name>",
			"a further name to accept in the Host header, * for any; repeatable",
		),
		list(
			"--allow-origin <origin>",
			"an origin whose pages may call the servers (CORS), * for any; repeatable, several at once",
		),
		list(
			"--expose-header <name>",
			"a response header that these pages may read in addition to Mcp-Session-Id; repeatable",
		),
		new Option("--stateless", "no sessions over Streamable HTTP"),
		new Option("--no-stateless", "sessions (default)"),
	];
}

function remoteOptions(): Option[] {
	return [
		new Option(
			"--transport <transport>",
			"its transport (default: sse)",
		).choices(["sse", "streamablehttp"]),
		pairs(
			"-H, --headers <key value>",
			"a header for requests to it; repeatable",
		),
		new Option("--client-id <id>", "OAuth client credentials"),
		new Option("--client-secret <secret>", "OAuth client credentials"),
		new Option("--token-url <url>", "where to get a token for them"),
		new Option("--username <name>", "HTTP Basic authentication"),
		new Option("--password <password>", "HTTP Basic authentication"),
		new Option("--digest", "HTTP Digest authentication: not available"),
		new Option(
			"--verify-ssl [value]",
			"check its certificate (default), do not (false), or check it against a file of certificates",
		),
		new Option("--no-verify-ssl", "do not check its certificate"),
	];
}

function logOptions(): Option[] {
	return [
		new Option("--log-level <level>", `what to log: ${logLevels.join(", ")}`)
			.argParser(parseLevel)
			.default("info"),
		new Option("--log-format <format>", "format of the log")
			.choices(["pretty", "json"])
			.default(
				process.stderr.isTTY ? "pretty" : "json",
				"pretty on a terminal, otherwise json",
			),
		new Option("--debug", "the same as --log-level debug"),
		new Option("--no-debug", "as --log-level says (default)"),
	];
}

/** Each adds a text. */
function list(flags: string, description: string): Option {
	return new Option(flags, description).argParser(
		(text: string, before: string[] = []) => [...before, text],
	);
}

/** Each adds two words, which stand apart on the command line. */
function pairs(flags: string, description: string): Option {
	return new Option(flags, description)
		.default([], "none")
		.argParser((text: string, before: Pair[]) => {
			const pair = pairOf(text);
			if (pair?.[0]) return [...before, pair];
			throw new InvalidArgumentError(
				"It takes two words, the first not empty.",
			);
		});
}

/** As the bridge has them, and as Python does. */
function parseLevel(text: string): string {
	const level = text.toLowerCase();
	const name = { warning: "warn", critical: "fatal" }[level] ?? level;
	if (logLevels.includes(name)) return name;
	throw new InvalidArgumentError(
		`Allowed choices are ${logLevels.join(", ")}.`,
	);
}

function parseHost(text: string): string {
	if (text.trim() !== "") return unbracketed(text);
	throw new InvalidArgumentError(
		"It is empty, which would mean every interface (0.0.0.0 says that).",
	);
}

function parsePort(text: string): number {
	const port = Number(text);
	if (/^\d+$/.test(text) && port <= 65_535) return port;
	throw new InvalidArgumentError("It is a number from 0 to 65535.");
}

function parseCount(text: string): number {
	if (/^\d{1,4}$/.test(text)) return Number(text);
	throw new InvalidArgumentError("It is a count from 0 to 9999.");
}
