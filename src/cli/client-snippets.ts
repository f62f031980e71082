import type { ClientName } from "./client-names.ts";

/** A server as clients reach it. */
export interface ServerAddress {
	name: string;
	/** The URL of Streamable HTTP. */
	url: string;
}

/** What to put into a client's config. */
export interface Snippet {
	/** Where it goes. */
	place: string;
	/** What it is written in. */
	language: "json" | "yaml" | "toml" | "text" | "python" | "typescript" | "sh";
	text: string;
	/** What is to be known about it. */
	notes: string[];
}

/** The snippet of a client for these servers. Pure. */
export function clientSnippet(
	client: ClientName,
	servers: readonly ServerAddress[],
): Snippet {
	return snippets[client](servers);
}

type Write = (servers: readonly ServerAddress[]) => Snippet;

const snippets: Record<ClientName, Write> = {
	litellm: (servers) => {
		const { renamed, notes } = rename(servers, /[^A-Za-z0-9_]/g, "LiteLLM");
		const entries = renamed.map(
			({ name, url }) =>
				`  ${name}:\n    url: ${quoted(url)}\n    transport: "http"\n    auth_type: "none"\n    allow_all_keys: true\n    timeout: 120\n`,
		);
		return {
			place: "config.yaml, at its top level",
			language: "yaml",
			text: `mcp_servers:\n${entries.join("")}`,
			notes: [
				"under litellm_settings LiteLLM ignores mcp_servers without a word",
				"allow_all_keys lets every key use the servers; leave it out where keys have grants",
				...loopback(servers, "LiteLLM in a container"),
				...notes,
			],
		};
	},
	claude: (servers) => {
		const { renamed, notes } = rename(
			servers,
			/[^A-Za-z0-9_-]/g,
			"Claude Code",
		);
		return {
			place: ".mcp.json in the project's folder",
			language: "json",
			text: json({
				mcpServers: byName(renamed, (url) => ({ type: "http", url })),
			}),
			notes,
		};
	},
	"claude-desktop": (servers) => ({
		place: "claude_desktop_config.json",
		language: "json",
		text: json({
			mcpServers: byName(servers, (url) => ({
				command: "npx",
				args: [
					"-y",
					"mcp-remote",
					url,
					...(url.startsWith("http:") ? ["--allow-http"] : []),
					"--transport",
					"http-only",
				],
			})),
		}),
		notes: [
			"the file takes only stdio servers: mcp-remote is one that talks HTTP, and needs Node",
		],
	}),
	cursor: (servers) => ({
		place: ".cursor/mcp.json, or ~/.cursor/mcp.json for all projects",
		language: "json",
		text: json({ mcpServers: byName(servers, (url) => ({ url })) }),
		notes: [],
	}),
	vscode: (servers) => ({
		place: ".vscode/mcp.json",
		language: "json",
		text: json({ servers: byName(servers, (url) => ({ type: "http", url })) }),
		notes: [],
	}),
	gemini: (servers) => ({
		place: ".gemini/settings.json, or ~/.gemini/settings.json",
		language: "json",
		text: json({ mcpServers: byName(servers, (httpUrl) => ({ httpUrl })) }),
		notes: [],
	}),
	codex: (servers) => {
		const { renamed, notes } = rename(servers, /[^A-Za-z0-9_-]/g, "Codex");
		return {
			place: "~/.codex/config.toml",
			language: "toml",
			text: renamed
				.map(({ name, url }) => `[mcp_servers.${name}]\nurl = ${quoted(url)}\n`)
				.join("\n"),
			notes,
		};
	},
	windsurf: (servers) => ({
		place: "~/.codeium/windsurf/mcp_config.json",
		language: "json",
		text: json({ mcpServers: byName(servers, (serverUrl) => ({ serverUrl })) }),
		notes: [],
	}),
	librechat: (servers) => {
		const hosts = [...new Set(servers.map(({ url }) => addressOf(url)))];
		const entries = servers.map(
			({ name, url }) =>
				`  ${key(name)}:\n    type: streamable-http\n    url: ${quoted(url)}\n`,
		);
		return {
			place: "librechat.yaml",
			language: "yaml",
			text: `mcpSettings:\n  allowedAddresses:\n${hosts.map((host) => `    - ${quoted(host)}\n`).join("")}mcpServers:\n${entries.join("")}`,
			notes: [
				"LibreChat refuses private addresses that are not in allowedAddresses",
				...loopback(servers, "LibreChat in a container"),
			],
		};
	},
	openwebui: (servers) => ({
		place: "Admin Settings, External Tools: a connection for each server",
		language: "text",
		text: fields(servers, (url) => [
			["Type", "MCP (Streamable HTTP)"],
			["URL", url],
			["Auth", "None"],
		]),
		notes: loopback(servers, "Open WebUI in a container"),
	}),
	n8n: (servers) => ({
		place: "the MCP Client node: one for each server",
		language: "text",
		text: fields(servers, (url) => [
			["Endpoint", url],
			["Server Transport", "HTTP Streamable (httpStreamable)"],
			["Authentication", "None"],
		]),
		notes: loopback(servers, "n8n in a container"),
	}),
	python: (servers) => ({
		place: "a program with the package mcp, 1.9 to 1.x",
		language: "python",
		text: `import asyncio

from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client

SERVERS = {
${servers.map(({ name, url }) => `    ${quoted(name)}: ${quoted(url)},\n`).join("")}}


async def main() -> None:
    for name, url in SERVERS.items():
        async with streamablehttp_client(url) as (read, write, _):
            async with ClientSession(read, write) as session:
                await session.initialize()
                tools = await session.list_tools()
                print(name, [tool.name for tool in tools.tools])


asyncio.run(main())
`,
		notes: [],
	}),
	typescript: (servers) => ({
		place: "a program with the package @modelcontextprotocol/sdk, 1.x",
		language: "typescript",
		text: `import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const servers = {
${servers.map(({ name, url }) => `\t${quoted(name)}: ${quoted(url)},\n`).join("")}};

for (const [name, url] of Object.entries(servers)) {
	const client = new Client({ name: "example", version: "1.0.0" });
	await client.connect(new StreamableHTTPClientTransport(new URL(url)));
	const { tools } = await client.listTools();
	console.log(name, tools.map((tool) => tool.name));
	await client.close();
}
`,
		notes: [],
	}),
	curl: (servers) => ({
		place: "a shell",
		language: "sh",
		text: servers
			.map(
				({ url }) =>
					`curl -s '${url.replaceAll("'", "%27")}' -d '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'\n`,
			)
			.join(""),
		notes: [
			'a server with isolation "session" answers only in a session: see docs/clients/README.md',
		],
	}),
};

function json(value: unknown): string {
	return `${JSON.stringify(value, null, "\t")}\n`;
}

function byName<Entry>(
	servers: readonly ServerAddress[],
	entry: (url: string) => Entry,
): Record<string, Entry> {
	return Object.fromEntries(servers.map(({ name, url }) => [name, entry(url)]));
}

/** JSON's strings are ones of YAML, TOML, Python and JavaScript too. */
function quoted(text: string): string {
	return JSON.stringify(text);
}

/** A key of YAML. */
function key(name: string): string {
	return /^[A-Za-z_][\w-]*$/.test(name) ? name : quoted(name);
}

/** Names in which a client takes no other characters; none comes twice. */
function rename(
	servers: readonly ServerAddress[],
	refused: RegExp,
	client: string,
): { renamed: ServerAddress[]; notes: string[] } {
	const used = new Set<string>();
	const notes: string[] = [];
	const renamed = servers.map(({ name, url }) => {
		const plain = name.replace(refused, "_");
		let own = plain;
		for (let count = 2; used.has(own); count++) own = `${plain}_${count}`;
		used.add(own);
		if (own !== name) {
			notes.push(`"${name}" is "${own}" there: ${client} takes no such name`);
		}
		return { name: own, url };
	});
	return { renamed, notes };
}

/** Who is somewhere else does not reach this machine's loopback address. */
function loopback(servers: readonly ServerAddress[], who: string): string[] {
	const isLoopback = servers.some(({ url }) =>
		/^(?:localhost|127\.[\d.]+|\[::1\])$/.test(new URL(url).hostname),
	);
	return isLoopback
		? [
				`${who} does not reach the bridge at this address: have it listen on another ("host"), and give --url`,
			]
		: [];
}

/** `host:port` of a URL. */
function addressOf(url: string): string {
	const { hostname, port, protocol } = new URL(url);
	return `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
}

function fields(
	servers: readonly ServerAddress[],
	of: (url: string) => [string, string][],
): string {
	return servers
		.map(({ name, url }) => {
			const rows = of(url);
			const width = Math.max(...rows.map(([label]) => label.length));
			const lines = rows.map(
				([label, value]) => `  ${label.padEnd(width)}  ${value}\n`,
			);
			return `${name}\n${lines.join("")}`;
		})
		.join("\n");
}
