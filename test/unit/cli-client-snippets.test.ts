import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type ClientName, clientNames } from "../../src/cli/client-names.ts";
import { clientSnippet } from "../../src/cli/client-snippets.ts";
import { bridgeUrl } from "../../src/cli/clients-command.ts";

/** Snippets for clients, read again as their clients read them. */

const files = "http://127.0.0.1:8080/servers/my-files/mcp";
const scoped = "http://127.0.0.1:8080/servers/%40acme%2Fnotes/mcp";
const servers = [
	{ name: "my-files", url: files },
	{ name: "@acme/notes", url: scoped },
];

const snippet = (client: ClientName) => clientSnippet(client, servers);
const names = Object.keys(clientNames) as ClientName[];

test("every client has a snippet with the URL of every server, and a place for it", () => {
	for (const name of names) {
		const { text, place } = snippet(name);
		expect(text, name).toContain(files);
		expect(text, name).toContain(scoped);
		expect(place, name).not.toBe("");
	}
});

describe("JSON", () => {
	const both = <Entry>(entry: (url: string) => Entry) => ({
		"my-files": entry(files),
		"@acme/notes": entry(scoped),
	});
	test.each<[ClientName, object]>([
		["cursor", { mcpServers: both((url) => ({ url })) }],
		["vscode", { servers: both((url) => ({ type: "http", url })) }],
		["gemini", { mcpServers: both((httpUrl) => ({ httpUrl })) }],
		["windsurf", { mcpServers: both((serverUrl) => ({ serverUrl })) }],
	])("%s has its own keys", (client, expected) => {
		expect(JSON.parse(snippet(client).text)).toEqual(expected);
	});

	test("Claude Code gets names of letters, digits, _ and -, and is told which", () => {
		const { text, notes } = snippet("claude");
		expect(JSON.parse(text)).toEqual({
			mcpServers: {
				"my-files": { type: "http", url: files },
				_acme_notes: { type: "http", url: scoped },
			},
		});
		expect(notes).toEqual([expect.stringContaining('"_acme_notes"')]);
	});

	test("Claude Desktop reaches plain HTTP through mcp-remote, and HTTPS without --allow-http", () => {
		const argsOf = (url: string) => {
			const { text } = clientSnippet("claude-desktop", [{ name: "a", url }]);
			return JSON.parse(text).mcpServers.a.args;
		};
		const rest = ["--transport", "http-only"];
		const plain = "http://10.0.0.1:8080/servers/a/mcp";
		expect(argsOf(plain)).toEqual([
			"-y",
			"mcp-remote",
			plain,
			"--allow-http",
			...rest,
		]);
		const secure = "https://mcp.example.com/servers/a/mcp";
		expect(argsOf(secure)).toEqual(["-y", "mcp-remote", secure, ...rest]);
	});
});

describe("YAML", () => {
	test("LiteLLM has mcp_servers at the top level, and names without -, none of them twice", () => {
		const { text, notes } = clientSnippet("litellm", [
			{ name: "a-b", url: files },
			{ name: "a_b", url: scoped },
		]);
		const { mcp_servers: entries, ...others } = parse(text);
		expect(others).toEqual({});
		expect(entries).toMatchObject({
			a_b: { url: files, transport: "http", allow_all_keys: true },
			a_b_2: { url: scoped },
		});
		expect(notes.join("\n")).toMatch(/"a-b" is "a_b"(.|\n)*"a_b" is "a_b_2"/);
	});

	test("LibreChat is allowed the bridge's address, with the port that the URL means", () => {
		expect(parse(snippet("librechat").text)).toEqual({
			mcpSettings: { allowedAddresses: ["127.0.0.1:8080"] },
			mcpServers: {
				"my-files": { type: "streamable-http", url: files },
				"@acme/notes": { type: "streamable-http", url: scoped },
			},
		});
		const url = "https://mcp.example.com/servers/a/mcp";
		const { text } = clientSnippet("librechat", [{ name: "a", url }]);
		expect(parse(text).mcpSettings.allowedAddresses).toEqual([
			"mcp.example.com:443",
		]);
	});
});

test("a client in a container is told that it does not reach a loopback address, and no other one", () => {
	const notesOf = (base: string) =>
		clientSnippet("litellm", [
			{ name: "a", url: `${base}/servers/a/mcp` },
		]).notes.join("\n");
	for (const base of [
		"http://127.0.0.1:8080",
		"http://localhost:8080",
		"http://[::1]:8080",
	]) {
		expect(notesOf(base)).toContain("container");
	}
	expect(notesOf("http://mcp-edge-bridge:8080")).not.toContain("container");
});

describe("the bridge's URL", () => {
	const config = { host: "127.0.0.1", port: 8080, basePath: "/base" };

	test.each([
		[{}, {}, "http://127.0.0.1:8080/base"],
		[{ host: "0.0.0.0" }, {}, "http://127.0.0.1:8080/base"],
		[{ host: "::" }, {}, "http://[::1]:8080/base"],
		[{ host: "::1" }, {}, "http://[::1]:8080/base"],
		[{}, { host: "10.0.0.1", port: 9000 }, "http://10.0.0.1:9000/base"],
		[{ port: 0 }, { url: "https://a.example/x/" }, "https://a.example/x"],
	])("of %j and %j is one that this machine reaches", (more, options, url) => {
		expect(bridgeUrl({ ...config, ...more }, options)).toBe(url);
	});

	test.each([
		[{ port: 0 }, {}, /port is 0/],
		[{}, { url: "mcp.example.com" }, /"mcp.example.com" is no URL/],
	])("of %j and %j cannot be told", (more, options, reason) => {
		expect(() => bridgeUrl({ ...config, ...more }, options)).toThrow(reason);
	});
});
