import { writeFileSync } from "node:fs";
import {
	createServer,
	type RequestListener,
	request,
	type Server,
} from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../harness/free-port.ts";
import { pidsWith } from "../harness/processes.ts";
import { scratch } from "../harness/scratch.ts";
import {
	type Bridge,
	fixture,
	type ServerInput,
	startBridge,
} from "../harness/start-bridge.ts";
import { run } from "./run.ts";

/** smoke-test.sh and test-direct.sh, against bridges that are well and bridges that are not. */

const at = scratch();
const listeners: Server[] = [];
afterAll(() => {
	for (const server of listeners) {
		server.closeAllConnections();
		server.close();
	}
});

/** Gives its URL. */
async function listen(listener: RequestListener): Promise<string> {
	const server = createServer(listener);
	listeners.push(server);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The rows of the table: server, what was asked, whether it went well, and what was found. */
function table(stdout: string) {
	return stdout
		.trimEnd()
		.split("\n")
		.map((line) => {
			const [ok, name, what, , ...found] = line.split(/\s{2,}/);
			return { name, what, ok: ok === "ok", found: found.join(" ") };
		});
}

const works = fixture("everything", [], { warm: 1 });
const broken: ServerInput = {
	command: "sh",
	args: ["-c", "echo the database is down >&2; exit 3"],
};

describe("smoke-test.sh", () => {
	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({
			trustProxy: true,
			servers: { works, broken },
		});
	});
	const smoke = async (args: string[], env: Record<string, string> = {}) => {
		const { code, stdout, stderr } = await run("./smoke-test.sh", args, {
			env,
		});
		return { code, rows: table(stdout), stderr };
	};
	const well = [
		{ name: "bridge", what: "live", ok: true, found: "ok" },
		{ name: "bridge", what: "ready", ok: true, found: "ready" },
		...["/mcp", "/sse"].map((what) => ({
			name: "works",
			what,
			ok: true,
			found: expect.stringMatching(/^tools: [1-9]\d*$/),
		})),
	];

	test("is content with a server that lists its tools over both transports", async () => {
		expect(await smoke([bridge.url, "works"])).toEqual({
			code: 0,
			rows: well,
			stderr: "",
		});
	});

	test("asks every server, and says of a broken one why", async () => {
		const { code, rows } = await smoke([bridge.url]);
		expect(code).toBe(1);
		expect(rows).toEqual([
			...well,
			...["/mcp", "/sse"].map((what) => ({
				name: "broken",
				what,
				ok: false,
				found: expect.stringContaining("the database is down"),
			})),
		]);
	});

	test("goes through a proxy that adds a prefix and asks for a password", async () => {
		const proxy = await listen((incoming, outgoing) => {
			const { authorization, ...headers } = incoming.headers;
			if (authorization !== `Basic ${btoa("ada:p@ss")}`) {
				outgoing.writeHead(401).end();
				return;
			}
			const forwarded = { ...headers, "x-forwarded-prefix": "/tools" };
			const target = bridge.url + incoming.url?.replace("/tools", "");
			const onward = request(
				target,
				{ method: incoming.method, headers: forwarded },
				(answer) => {
					outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
					answer.pipe(outgoing);
				},
			);
			outgoing.on("close", () => onward.destroy());
			incoming.pipe(onward);
		});
		const url = `${proxy.replace("//", "//ada:p%40ss@")}/tools/`;
		expect(await smoke([url, "works"])).toMatchObject({ code: 0, rows: well });
		const { code, rows } = await smoke([`${proxy}/tools`, "works"]);
		expect(code).toBe(1);
		expect(rows[0]?.found).toContain("HTTP 401");
	});

	test("fails where nothing listens, where there is no such server, and where the URL is none", async () => {
		const nobody = await smoke([`http://127.0.0.1:${await freePort()}`]);
		expect(nobody.code).toBe(1);
		expect(nobody.rows[0]?.found).toContain("ECONNREFUSED");

		const missing = await smoke([bridge.url, "wroks"]);
		expect(missing.code).toBe(1);
		expect(missing.rows.at(-1)).toMatchObject({ name: "wroks", ok: false });

		expect((await smoke(["works"])).code).toBe(2);
		expect((await smoke(["localhost:8080"])).code).toBe(2);
	});

	test("fails where a server does not answer in time", async () => {
		const silent = await listen((incoming, outgoing) => {
			if (incoming.url?.startsWith("/servers/")) return;
			outgoing.end(JSON.stringify({ status: "ok", servers: { silent: {} } }));
		});
		const { code, rows } = await smoke([silent], { MCP_TIMEOUT_MS: "200" });
		expect(code).toBe(1);
		expect(rows.slice(2)).toMatchObject([
			{ name: "silent", what: "/mcp", ok: false },
			{ name: "silent", what: "/sse", ok: false },
		]);
	});

	test("asks LiteLLM too, for which no tools is a failure", async () => {
		let tools: object[] = [{ name: "works-echo" }];
		const liteLlm = await listen((incoming, outgoing) => {
			const isAsked =
				incoming.url === "/mcp-rest/tools/list" &&
				incoming.headers.authorization === "Bearer sk-1";
			outgoing.writeHead(isAsked ? 200 : 401);
			outgoing.end(JSON.stringify({ tools, error: null }));
		});
		const env = { LITELLM_URL: liteLlm, LITELLM_MASTER_KEY: "sk-1" };
		const row = { name: "LiteLLM", what: "/mcp-rest", ok: true };
		const some = await smoke([bridge.url, "works"], env);
		expect(some.code).toBe(0);
		expect(some.rows.at(-1)).toEqual({ ...row, found: "tools: 1" });

		tools = [];
		const none = await smoke([bridge.url, "works"], env);
		expect(none.code).toBe(1);
		expect(none.rows.at(-1)).toMatchObject({ ...row, ok: false });
	});
});

describe("test-direct.sh", () => {
	const marker = path.basename(path.dirname(at("x")));
	const direct = (servers: Record<string, ServerInput>, ...names: string[]) => {
		const file = at("servers.json");
		const marked = Object.entries(servers).map(([name, server]) => [
			name,
			{ ...server, env: { ...server.env, BRIDGE_TEST_MARKER: marker } },
		]);
		writeFileSync(
			file,
			JSON.stringify({ mcpServers: Object.fromEntries(marked) }),
		);
		return run("./test-direct.sh", [file, ...names]);
	};

	test("tells a server that works from one that does not, and leaves nothing running", async () => {
		const { code, stdout } = await direct({ works, broken });
		expect(code).toBe(1);
		expect(table(stdout).map(({ name, ok }) => [name, ok])).toEqual([
			["bridge", true],
			["bridge", true],
			["works", true],
			["works", true],
			["broken", false],
			["broken", false],
		]);
		expect(pidsWith(marker)).toEqual([]);
		expect((await direct({ works, broken }, "works")).code).toBe(0);
	});

	test("says what is wrong with a config, with exit code 2", async () => {
		const { code, stderr } = await run("./test-direct.sh", [at("nothing.ts")]);
		expect(stderr).toContain("CONFIG_NOT_FOUND");
		expect(code).toBe(2);
		expect((await run("./test-direct.sh", [])).code).toBe(2);
	});
});
