import { Argument, type Command } from "commander";
import type { BridgeConfig } from "../config/resolve-config.ts";
import { urlHost } from "../runtime/runtime.ts";
import { offeredServers } from "./choose-server.ts";
import { type ClientName, clientNames } from "./client-names.ts";
import { CommandError } from "./command-error.ts";
import {
	addCommandOptions,
	type CommandOptions,
	commandLog,
	optionsOf,
	readCommandConfig,
} from "./command-options.ts";
import { print, tell } from "./print.ts";

/** What `mcp-edge-bridge clients` is told. */
export interface ClientsOptions extends CommandOptions {
	url?: string;
	json?: boolean;
	host?: string;
	port?: number;
}

/** Adds `clients`. */
export function addClientsCommand(program: Command): void {
	addCommandOptions(program.command("clients"))
		.addArgument(
			new Argument("[client]", "without one: lists them").choices(
				Object.keys(clientNames),
			),
		)
		.description("prints what to put into the config of a client")
		.option(
			"--url <base>",
			"where clients reach the bridge, its base path included, instead of the config's host and port",
		)
		.option("--json", "prints client, servers, place, language, text and notes")
		.addHelpText(
			"after",
			`
Example:
  mcp-edge-bridge clients vscode > .vscode/mcp.json
  mcp-edge-bridge clients litellm --url http://mcp-edge-bridge:8080

The snippet goes to stdout; where to put it, and what to know, to stderr.`,
		)
		.action(async (client: ClientName | undefined, _options, command) => {
			await showClient(client, optionsOf(command));
		});
}

async function showClient(
	client: ClientName | undefined,
	options: ClientsOptions,
): Promise<void> {
	if (client === undefined) {
		const lines = Object.entries(clientNames).map(
			([name, title]) => `${name.padEnd(16)}${title}\n`,
		);
		print(options.json ? `${JSON.stringify(clientNames)}\n` : lines.join(""));
		return;
	}
	const log = await commandLog(options);
	const config = await readCommandConfig(options, log);
	const base = bridgeUrl(config, options);
	const servers = offeredServers(config).map((name) => ({
		name,
		url: `${base}/servers/${encodeURIComponent(name)}/mcp`,
	}));
	const { clientSnippet } = await import("./client-snippets.ts");
	const snippet = clientSnippet(client, servers);
	if (options.json) {
		print(`${JSON.stringify({ client, servers, ...snippet })}\n`);
		return;
	}
	tell(
		[
			`${clientNames[client]}: ${snippet.place}`,
			...snippet.notes.map((note) => `- ${note}`),
		]
			.map((line) => `${line}\n`)
			.join(""),
	);
	print(snippet.text);
}

/**
 * Where clients on this machine reach the bridge, or where `--url` says. Pure.
 *
 * @throws {CommandError} where that cannot be told
 */
export function bridgeUrl(
	config: Pick<BridgeConfig, "host" | "port" | "basePath">,
	{
		url,
		host = config.host,
		port = config.port,
	}: Pick<ClientsOptions, "url" | "host" | "port">,
): string {
	if (url !== undefined) {
		if (/^https?:\/\//.test(url) && URL.canParse(url))
			return url.replace(/\/+$/, "");
		throw new CommandError(
			"URL_UNKNOWN",
			`--url "${url}" is no URL of HTTP (such as http://127.0.0.1:8080)`,
		);
	}
	if (port === 0) {
		throw new CommandError(
			"URL_UNKNOWN",
			'Cannot tell the bridge\'s URL: its port is 0, which is another one at each start (set "port", or give --url)',
		);
	}
	const everywhere: Record<string, string> = {
		"0.0.0.0": "127.0.0.1",
		"::": "::1",
	};
	return `http://${urlHost(everywhere[host] ?? host)}:${port}${config.basePath}`;
}
