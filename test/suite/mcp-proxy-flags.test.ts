import { readlinkSync, realpathSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { Json } from "../harness/clients.ts";
import { freePort } from "../harness/free-port.ts";
import {
	initializeRequest,
	messagesOf,
	openSse,
	post,
} from "../harness/raw-http.ts";
import { listeningProgram, runProgram } from "../harness/run-program.ts";
import { root } from "../harness/runtimes.ts";
import { scratch } from "../harness/scratch.ts";
import { getJson } from "../harness/status.ts";

/** The flags of sparfenyuk/mcp-proxy do what its README says. */

const at = scratch();
const everything = [
	process.execPath,
	path.join(root, "test/fixtures/everything.mjs"),
] as const;
const inOneText = `"${everything[0]}" '${everything[1]}'`;

async function call(
	url: string,
	name: string,
	args: Json = {},
): Promise<string> {
	const [answer] = await messagesOf(
		await post(url, {
			jsonrpc: "2.0",
			id: 1,
			method: "tools/call",
			params: { name, arguments: args },
		}),
	);
	const { content } = answer?.result as { content: { text: string }[] };
	return content[0]?.text ?? "";
}

/** The values of variables that a server's child has, null where it has none. */
const variables = (url: string, ...names: string[]) =>
	Promise.all(
		names.map(async (name) => JSON.parse(await call(url, "env", { name }))),
	);
const folderOf = async (url: string) =>
	readlinkSync(`/proc/${await call(url, "pid")}/cwd`);

const jsonFile = at("servers.json");
const [command, ...args] = everything;
writeFileSync(
	jsonFile,
	JSON.stringify({
		mcpServers: {
			one: { command, args, timeout: 60, transportType: "stdio" },
			off: { command, enabled: false },
		},
	}),
);

describe("a command on the command line", () => {
	test("is the server at the root, with -e and --cwd of its own, beside --named-server; only --pass-environment hands the environment over", async () => {
		const args = [
			"--port",
			"0",
			"-e",
			"OWN_ONE",
			"a b",
			"--env",
			"OWN_TWO",
			"--dashed",
			"--cwd",
			at("."),
			"--named-server",
			"other",
			inOneText,
			"--no-pass-environment",
			"--",
			...everything,
		];
		const { program, url } = await listeningProgram(args, {
			env: { OUTER: "o" },
		});
		const names = ["OWN_ONE", "OWN_TWO", "OUTER"];
		expect(await variables(`${url}/mcp`, ...names)).toEqual([
			"a b",
			"--dashed",
			null,
		]);
		expect(await folderOf(`${url}/mcp`)).toBe(realpathSync(at(".")));
		const other = `${url}/servers/other/mcp`;
		expect(await variables(other, ...names)).toEqual([null, null, null]);
		expect(await folderOf(other)).toBe(process.cwd());
		const stream = await openSse(`${url}/sse`);
		const { data } = await stream.event(({ event }) => event === "endpoint");
		expect(data).toMatch(/^\/messages/);
		stream.close();
		expect((await getJson({ url }, "/status")).server_instances).toEqual({
			default: "configured",
			other: "configured",
		});
		await program.stop();

		const passed = await listeningProgram(
			[
				"--pass-environment",
				"--sse-host",
				"127.0.0.1",
				"--sse-port=0",
				...everything,
			],
			{ env: { OUTER: "o", MCP_EDGE_BRIDGE_SESSION_KEY: "s".repeat(32) } },
		);
		expect(
			await variables(
				`${passed.url}/mcp`,
				"OUTER",
				"MCP_EDGE_BRIDGE_SESSION_KEY",
			),
		).toEqual(["o", null]);
	});

	test("behind -- may be called as a command of the program itself", async () => {
		const program = runProgram(["--port", "0", "--", "import", "x"]);
		expect(await program.exited).toBe(2);
		expect(program.stderr).toContain('Cannot start "import"');
	});

	test("stands beside the servers of a JSON file, which start in the working directory", async () => {
		const { url } = await listeningProgram(
			[
				"--named-server-config",
				jsonFile,
				"--port",
				"0",
				"--named-server",
				"x",
				"y",
				...everything,
			],
			{ cwd: root },
		);
		expect((await getJson({ url }, "/status")).server_instances).toEqual({
			default: "configured",
			one: "configured",
		});
		expect(await folderOf(`${url}/servers/one/mcp`)).toBe(realpathSync(root));
	});
});

test("--sse-port is --port, and the last one counts", async () => {
	const port = await freePort();
	const { url } = await listeningProgram([
		"--port",
		"1",
		"--sse-port",
		String(port),
		...everything,
	]);
	expect(url).toBe(`http://127.0.0.1:${port}`);
});

test("options that do nothing here are warned about, each by its name", async () => {
	const { program } = await listeningProgram([
		"--named-server-config",
		jsonFile,
		"--named-server",
		"x",
		"y",
		"--port",
		"0",
		"-e",
		"A",
		"b",
		"--cwd",
		"/",
		"--transport",
		"sse",
		"-H",
		"A",
		"b",
		"--client-id",
		"a",
		"--log-level",
		"WARNING",
	]);
	for (const flag of [
		"--named-server",
		"--env",
		"--cwd",
		"--transport",
		"--headers",
		"--client-id",
	])
		expect(program.stderr).toContain(`${flag} is without effect`);
});

describe("global options", () => {
	test("come on top of what a JSON file or a typed config says", async () => {
		const typed = at("servers.ts");
		const entry = { command, args, isolation: "shared" };
		writeFileSync(
			typed,
			`export default ${JSON.stringify({ allowedHosts: ["a.example.com"], servers: { one: entry, two: entry } })};`,
		);
		for (const file of [
			["--named-server-config", jsonFile],
			["--config", typed],
		]) {
			const { url, program } = await listeningProgram([
				...file,
				"--port",
				"0",
				"--allowed-host",
				"b.example.com",
				"--allow-origin",
				"https://c.example.com",
				"https://d.example.com",
				"--expose-header",
				"X-One",
				"--warm",
				"2",
				"--base-path",
				"/base",
				"--default-server",
				"one",
			]);
			const base = `${url}/base`;
			for (const origin of ["https://c.example.com", "https://d.example.com"]) {
				const { status, headers } = await fetch(`${base}/health/live`, {
					headers: { origin },
				});
				expect([status, headers.get("access-control-allow-origin")]).toEqual([
					200,
					origin,
				]);
				expect(headers.get("access-control-expose-headers")).toBe(
					"Mcp-Session-Id,X-One",
				);
			}
			const foreign = await fetch(`${base}/health/live`, {
				headers: { origin: "https://e.example.com" },
			});
			expect(foreign.status).toBe(403);
			const preflight = await fetch(`${base}/mcp`, {
				method: "OPTIONS",
				headers: {
					origin: "https://c.example.com",
					"access-control-request-method": "POST",
					"access-control-request-headers":
						"mcp-method,mcp-name,mcp-param-region,authorization,content-type",
				},
			});
			expect(preflight.status).toBe(204);
			for (const name of [
				"mcp-method",
				"mcp-name",
				"mcp-param-region",
				"authorization",
			])
				expect(preflight.headers.get("access-control-allow-headers")).toContain(
					name,
				);
			expect(await call(`${base}/mcp`, "echo", { message: "m" })).toBe("m");
			await program.stop();
		}
	});

	test.each([
		[
			"an origin that is none",
			["--allow-origin", "example.com"],
			/--allow-origin.*origin such as/,
		],
		[
			"a host with a port",
			["--allowed-host", "a.example.com:1"],
			/--allowed-host.*host name/,
		],
		[
			"a header that is none",
			["--expose-header", "a b"],
			/--expose-header.*header/,
		],
		[
			"a server that is not there",
			["--default-server", "nobody"],
			/--default-server "nobody".*one/,
		],
		["a path that is none", ["--base-path", "/a?b"], /--base-path/],
		["a count that is none", ["--warm", "x"], /--warm/],
		[
			"an open quote",
			["--named-server", "x", "'y"],
			/--named-server "x".*quote/,
		],
		["a pair that is none", ["--named-server", "x"], /--named-server/],
		[
			"--config beside a command",
			["--config", "x.ts", "--", ...everything],
			/--config/,
		],
	])("%s is exit code 2", async (_name, flags, message) => {
		const file = flags.some((flag) => /^--(config|named-server)$/.test(flag))
			? []
			: ["--named-server-config", jsonFile];
		const program = runProgram([...file, ...flags]);
		expect(await program.exited).toBe(2);
		expect(program.stdout).toBe("");
		expect(program.stderr).toMatch(message);
		expect(program.stderr).not.toMatch(/^\s+at /m);
	});

	test("--pass-environment beside a typed config is exit code 2, since its entries say that", async () => {
		const program = runProgram(["--pass-environment"]);
		expect(await program.exited).toBe(2);
		expect(program.stderr).toContain("inheritEnv");
	});
});

test("--stateless gives out no session ids and takes any, so that a request never depends on another", async () => {
	const { url } = await listeningProgram([
		"--port",
		"0",
		"--stateless",
		...everything,
	]);
	const opened = await post(`${url}/mcp`, initializeRequest());
	expect(opened.status).toBe(200);
	expect(opened.headers.get("mcp-session-id")).toBeNull();
	const list = { jsonrpc: "2.0", id: 2, method: "tools/list" } as const;
	const listed = await post(`${url}/mcp`, list, {
		"mcp-session-id": "of nobody",
	});
	expect(listed.status).toBe(200);
	for (const method of ["GET", "DELETE"]) {
		const refused = await fetch(`${url}/mcp`, {
			method,
			headers: { accept: "text/event-stream", "mcp-session-id": "x" },
		});
		expect([refused.status, refused.headers.get("allow")]).toEqual([
			405,
			"POST",
		]);
		expect(await refused.text()).toContain("stateless");
	}
	const stream = await openSse(`${url}/sse`);
	await stream.event(({ event }) => event === "endpoint");
	stream.close();
});
