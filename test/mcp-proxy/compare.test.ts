import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../harness/free-port.ts";
import { preparePython } from "../harness/prepare-python.ts";
import { eventually } from "../harness/processes.ts";
import { bridgeCommand, root } from "../harness/runtimes.ts";
import { scratch } from "../harness/scratch.ts";
import { getJson } from "../harness/status.ts";
import { differences } from "./differences.ts";
import { observe, observeWire, type Seen } from "./observe.ts";

/** The real mcp-proxy and the bridge, started by the same command line, under the same client. */

const at = scratch();
const python = await preparePython("mcp-proxy");
if ("missing" in python)
	throw new Error(`Cannot compare with mcp-proxy: ${python.missing}`);
const mcpProxy = path.join(python.folder, "bin/mcp-proxy");

const everything = [
	process.execPath,
	path.join(root, "test/fixtures/everything.mjs"),
] as const;
const [command, ...args] = everything;
const config = at("servers.json");
writeFileSync(
	config,
	JSON.stringify({
		mcpServers: {
			one: {
				disabled: false,
				timeout: 60,
				command,
				args,
				transportType: "stdio",
			},
			two: { command, args, env: { GREETING: "hello" } },
			off: { command, args, enabled: false },
		},
	}),
);

async function start(program: readonly string[]): Promise<string> {
	const port = await freePort();
	const [file = "", ...first] = program;
	const child = spawn(
		file,
		[
			...first,
			...[
				"--port",
				String(port),
				"--allow-origin",
				"https://a.example",
				"--expose-header",
				"X-One",
			],
			...["--named-server-config", config, "--debug", "--", ...everything],
		],
		{ stdio: ["ignore", "pipe", "pipe"], cwd: root },
	);
	let output = "";
	for (const stream of [child.stdout, child.stderr])
		stream.setEncoding("utf8").on("data", (text: string) => {
			output += text;
		});
	const exited = new Promise((resolve) => child.on("exit", resolve));
	afterAll(async () => {
		child.kill("SIGTERM");
		await exited;
	});
	const url = `http://127.0.0.1:${port}`;
	await eventually(
		() =>
			fetch(`${url}/status`).then(
				({ ok }) => ok,
				() => false,
			),
		() => `it listens: ${output}`,
		60_000,
	);
	return url;
}

let there: string;
let here: string;
beforeAll(async () => {
	[there, here] = await Promise.all([
		start([mcpProxy]),
		start(bridgeCommand("node")),
	]);
});

/** Topics where they differ. */
const differing = new Set<string>();

function compare(one: Seen, other: Seen): void {
	expect(Object.keys(one)).toEqual(Object.keys(other));
	for (const [topic, value] of Object.entries(one)) {
		if (topic in differences) {
			if (JSON.stringify(value) !== JSON.stringify(other[topic]))
				differing.add(topic);
		} else expect.soft(other[topic], topic).toEqual(value);
	}
}

describe.each([
	"sse",
	"streamable",
] as const)("a client over %s sees the same", (transport) => {
	test.each(["one", "two"])("of the named server %s", async (name) => {
		const [theirs, ours] = await Promise.all(
			[there, here].map((url) => observe(`${url}/servers/${name}`, transport)),
		);
		compare(theirs ?? {}, ours ?? {});
	});

	test("of the server at the root", async () => {
		const [theirs, ours] = await Promise.all(
			[there, here].map((url) => observe(url, transport)),
		);
		compare(theirs ?? {}, ours ?? {});
	});
});

test.each([
	"",
	"/servers/one",
])("paths and statuses at %j are the same", async (place) => {
	const [theirs, ours] = await Promise.all(
		[there, here].map((url) => observeWire(url + place)),
	);
	compare(theirs ?? {}, ours ?? {});
});

test("/status has what mcp-proxy's has", async () => {
	const [theirs = {}, ours = {}] = await Promise.all(
		[there, here].map((url) => getJson({ url }, "/status")),
	);
	expect(ours.server_instances).toEqual(theirs.server_instances);
	const keys = Object.keys(theirs);
	compare(
		{ "members of /status": keys },
		{ "members of /status": keys.filter((key) => key in ours) },
	);
});

test("a page of an allowed origin gets the same permissions, another none", async () => {
	const [theirs, ours] = await Promise.all(
		[there, here].map(async (url) => {
			const headersOf = async (origin: string, init: RequestInit = {}) => {
				const headers = new Headers(init.headers);
				headers.set("origin", origin);
				const { headers: got } = await fetch(`${url}/mcp`, {
					...init,
					headers,
				});
				const exposed = got.get("access-control-expose-headers")?.toLowerCase();
				const allowed = got.get("access-control-allow-headers")?.toLowerCase();
				return {
					origin: got.get("access-control-allow-origin"),
					exposed,
					grants: ["mcp-session-id", "mcp-param-x", "authorization"].filter(
						(name) => allowed?.includes(name),
					),
				};
			};
			const preflight = {
				method: "OPTIONS",
				headers: {
					"access-control-request-method": "POST",
					"access-control-request-headers":
						"mcp-session-id,mcp-param-x,authorization",
				},
			};
			const { origin, grants } = await headersOf(
				"https://a.example",
				preflight,
			);
			const { exposed } = await headersOf("https://a.example");
			const foreign = await headersOf("https://b.example");
			const refused = await fetch(`${url}/status`, {
				headers: { origin: "https://b.example" },
			});
			return {
				"preflight of an allowed origin": [origin, grants],
				"exposed headers": exposed,
				"permissions of another origin": foreign.origin,
				"a request from another origin": refused.status,
			};
		}),
	);
	compare(theirs ?? {}, ours ?? {});
});

test("nothing is listed as a difference that is none", () => {
	expect([...differing].sort()).toEqual(Object.keys(differences).sort());
});
