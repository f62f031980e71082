import type { Command } from "commander";
import type { Logger } from "pino";
import type { Remote } from "../connect/connect.ts";
import type { GivenOptions } from "./options.ts";
import { tell } from "./print.ts";

/**
 * `mcp-edge-bridge URL`: a stdio server in front of a remote one. Ends the process: 0 at the end of stdin, 1 where the
 * remote cannot be reached.
 */
export async function connectCommand(
	program: Command,
	[url = "", ...more]: readonly string[],
	log: Logger,
): Promise<void> {
	if (more.length > 0)
		program.error(
			`error: nothing can follow the URL of a remote server: ${more.join(" ")}`,
		);
	const remote = remoteOf(program, url);
	const verify = verification((program.opts() as GivenOptions).verifySsl);
	try {
		if (verify !== true) {
			const { restartTrusting } = await import(
				"../connect/restart-trusting.ts"
			);
			const exitCode = await restartTrusting(verify);
			if (exitCode !== undefined) process.exit(exitCode);
		}
		for (const flag of withoutEffect(program))
			log.warn(
				`${flag} is without effect: it is for servers that the bridge starts, and ${url} runs elsewhere`,
			);
		const { connect } = await import("../connect/connect.ts");
		await connect(remote, log);
	} catch (error) {
		const { message } = error as Error;
		tell(`REMOTE_NOT_USABLE: Cannot use ${url}: ${message}\n`);
		process.exit(1);
	}
	process.exit(0);
}

/** What `--verify-ssl` says, in the words of sparfenyuk/mcp-proxy: yes, no, or a file. */
function verification(given: boolean | string | undefined): boolean | string {
	if (typeof given !== "string") return given ?? true;
	const text = given.trim().toLowerCase();
	if (["1", "true", "yes", "on"].includes(text)) return true;
	if (["0", "false", "no", "off"].includes(text)) return false;
	return given;
}

function remoteOf(program: Command, text: string): Remote {
	const given: GivenOptions = program.opts();
	const { clientId, clientSecret, tokenUrl, username, password } = given;
	const fail = (problem: string) => program.error(`error: ${problem}`);
	if (!URL.canParse(text)) fail(`"${text}" is no URL`);
	if (given.digest)
		fail(
			"option '--digest' is not available (use --username and --password for HTTP Basic)",
		);
	const headers: Record<string, string> = {};
	const add = (name: string, value: string) => {
		try {
			new Headers([[name, value]]);
		} catch {
			fail(
				`option '-H, --headers <key value>': "${name}" or its value cannot stand in a header`,
			);
		}
		headers[name.toLowerCase()] = value;
	};
	for (const [name, value] of given.headers) add(name, value);
	const token = process.env.API_ACCESS_TOKEN;
	if (token) add("authorization", `Bearer ${token}`);
	if ((username === undefined) !== (password === undefined))
		fail("options '--username' and '--password' go together");
	if (username !== undefined && password !== undefined)
		add(
			"authorization",
			`Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`,
		);
	const all = [clientId, clientSecret, tokenUrl];
	const [one] = all.filter((value) => value !== undefined);
	if (one !== undefined && all.includes(undefined))
		fail(
			"options '--client-id', '--client-secret' and '--token-url' go together",
		);
	if (tokenUrl !== undefined && !URL.canParse(tokenUrl))
		fail(`option '--token-url <url>': "${tokenUrl}" is no URL`);
	return {
		url: new URL(text),
		transport: given.transport ?? "sse",
		headers,
		credentials:
			clientId !== undefined &&
			clientSecret !== undefined &&
			tokenUrl !== undefined
				? { clientId, clientSecret, tokenUrl }
				: undefined,
	};
}

/** Options of a remote server, and those for both. */
const used = new Set([
	"headers",
	"transport",
	"clientId",
	"clientSecret",
	"tokenUrl",
	"username",
	"password",
	"digest",
	"verifySsl",
	"logLevel",
	"logFormat",
	"debug",
]);

function withoutEffect(program: Command): string[] {
	const flags = program.options
		.filter((option) => !used.has(option.attributeName()))
		.filter(
			(option) =>
				program.getOptionValueSource(option.attributeName()) === "cli",
		)
		.map(({ long }) => long ?? "")
		.map((flag) => flag.replace("--no-", "--"));
	return [...new Set(flags)];
}
