import { request } from "node:http";
import { beforeAll, describe, expect, test } from "vitest";
import { initializeRequest } from "../harness/raw-http.ts";
import {
	type Bridge,
	childPids,
	fixture,
	startBridge,
} from "../harness/start-bridge.ts";
import { serverStatus } from "../harness/status.ts";

/** No web page reaches the bridge without its permission: neither from its own origin nor under a name of its own. */

interface Answer {
	status: number;
	headers: Record<string, string | string[] | undefined>;
	body: string;
}

/** A request with just these headers, `Host` included; an answer that does not end is cut after its headers. */
function send(
	bridge: Bridge,
	method: string,
	path: string,
	headers: Record<string, string>,
): Promise<Answer> {
	const content =
		method === "POST" ? JSON.stringify(initializeRequest()) : undefined;
	return new Promise((resolve, reject) => {
		const sent = request(
			bridge.url + path,
			{
				method,
				agent: false,
				headers: {
					accept: "application/json, text/event-stream",
					...(content !== undefined && { "content-type": "application/json" }),
					...headers,
				},
			},
			(response) => {
				const chunks: Buffer[] = [];
				const done = () =>
					resolve({
						status: response.statusCode ?? 0,
						headers: response.headers,
						body: Buffer.concat(chunks).toString(),
					});
				response.on("data", (chunk) => chunks.push(chunk));
				response.on("end", done);
				response.on("error", reject);
				if (response.headers["content-type"]?.startsWith("text/event-stream")) {
					response.off("error", reject).on("error", () => {});
					done();
					sent.destroy();
				}
			},
		);
		sent.on("error", reject);
		sent.end(content);
	});
}

const servers = { one: fixture("faulty") };
const routes: [method: string, path: string][] = [
	["GET", "/health/live"],
	["GET", "/health/ready"],
	["GET", "/status"],
	["GET", "/servers/one/health"],
	["POST", "/servers/one/mcp"],
	["GET", "/servers/one/mcp"],
	["DELETE", "/servers/one/mcp"],
	["OPTIONS", "/servers/one/mcp"],
	["GET", "/servers/one/sse"],
	["POST", "/servers/one/messages?session_id=x"],
	["POST", "/mcp"],
	["GET", "/sse"],
	["POST", "/messages?session_id=x"],
	["GET", "/"],
	["GET", "/servers/nobody/mcp"],
];
const hostileHosts = [
	"evil.example",
	"evil.example:8080",
	"127.0.0.1.evil.example",
	"localhost.evil.example:80",
	"notlocalhost.example",
	"evil.example.",
	"EVIL.EXAMPLE",
];
const hostileOrigins = [
	"https://evil.example",
	"http://127.0.0.1.evil.example",
	"http://localhost.evil.example:80",
	"http://evil.localhost.example",
	"http://evil",
	"null",
	"file://",
	"nonsense",
];
const loopbackHosts = [
	"127.0.0.1",
	"127.0.0.1:9999",
	"localhost",
	"LOCALHOST:1",
	"app.localhost:3000",
	"[::1]:8080",
];
const loopbackOrigins = [
	"http://localhost",
	"http://localhost:5173",
	"https://127.0.0.1:8443",
	"http://[::1]:3000",
	"http://app.localhost:3000",
];

function expectForbidden({ status, headers, body }: Answer, name: string) {
	expect(status).toBe(403);
	expect(headers["content-type"]).toMatch(/^application\/json/);
	expect(headers).not.toHaveProperty("access-control-allow-origin");
	const { jsonrpc, error } = JSON.parse(body);
	expect(jsonrpc).toBe("2.0");
	expect(error.message).toContain(name);
}

describe("by default", () => {
	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({ servers });
	});

	test.each(
		routes,
	)("%s %s is refused to a hostile Host and to a hostile Origin, and starts nothing", async (method, path) => {
		expectForbidden(
			await send(bridge, method, path, { host: "evil.example" }),
			"evil.example",
		);
		expectForbidden(
			await send(bridge, method, path, { origin: "https://evil.example" }),
			"https://evil.example",
		);
		expect(childPids(bridge)).toEqual([]);
	});

	test.each(hostileHosts)("the Host %s is hostile", async (host) => {
		const answer = await send(bridge, "GET", "/health/live", { host });
		expectForbidden(answer, "allowedHosts");
		expectForbidden(answer, host);
	});

	test.each(hostileOrigins)("the Origin %s is hostile", async (origin) => {
		const answer = await send(bridge, "GET", "/health/live", { origin });
		expectForbidden(answer, "allowedOrigins");
		expectForbidden(answer, origin);
	});

	test("a hostile Host is refused behind an allowed one on the same bridge, and with an allowed Origin", async () => {
		for (const host of [
			"localhost",
			"evil.example",
			"localhost",
			"evil.example",
		])
			expect(
				(
					await send(bridge, "GET", "/status", {
						host,
						origin: "http://localhost",
					})
				).status,
			).toBe(host === "localhost" ? 200 : 403);
	});

	test.each(loopbackHosts)("the Host %s passes", async (host) => {
		expect((await send(bridge, "GET", "/status", { host })).status).toBe(200);
	});

	test.each(
		loopbackOrigins,
	)("the Origin %s passes, and its pages may read the answer", async (origin) => {
		const { status, headers } = await send(bridge, "GET", "/status", {
			origin,
		});
		expect(status).toBe(200);
		expect(headers["access-control-allow-origin"]).toBe(origin);
	});

	test("a page of an allowed origin may ask first, and use every method and header of MCP", async () => {
		const { status, headers } = await send(
			bridge,
			"OPTIONS",
			"/servers/one/mcp",
			{
				origin: "http://localhost:5173",
				"access-control-request-method": "POST",
				"access-control-request-headers":
					"content-type,mcp-session-id,mcp-protocol-version,last-event-id",
			},
		);
		expect(status).toBe(204);
		expect(headers["access-control-allow-origin"]).toBe(
			"http://localhost:5173",
		);
		for (const method of ["GET", "POST", "DELETE"])
			expect(headers["access-control-allow-methods"]).toContain(method);
		for (const name of [
			"mcp-session-id",
			"mcp-protocol-version",
			"last-event-id",
		])
			expect(headers["access-control-allow-headers"]).toContain(name);
	});

	test("a page of an allowed origin can open a session, over both transports", async () => {
		const origin = "http://localhost:5173";
		const { status, headers } = await send(bridge, "POST", "/servers/one/mcp", {
			origin,
		});
		expect(status).toBe(200);
		expect(headers["mcp-session-id"]).toBeDefined();
		expect(headers["access-control-expose-headers"]).toMatch(/mcp-session-id/i);
		const stream = await send(bridge, "GET", "/servers/one/sse", { origin });
		expect(stream.status).toBe(200);
		expect(stream.headers["access-control-allow-origin"]).toBe(origin);
		expect(await serverStatus(bridge, "one")).toMatchObject({ spawned: 1 });
	});
});

describe("with allowedHosts and allowedOrigins", () => {
	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({
			servers,
			allowedHosts: ["Bridge.example.com"],
			allowedOrigins: ["https://app.example.com", "vscode-webview://abc"],
		});
	});

	test.each([
		{ host: "bridge.example.com" },
		{ host: "BRIDGE.example.com:8443" },
		{ host: "bridge.example.com", origin: "https://bridge.example.com" },
		{ host: "localhost", origin: "https://app.example.com" },
		{ host: "bridge.example.com", origin: "vscode-webview://abc" },
		{ host: "127.0.0.1", origin: "http://localhost:1" },
	])("%j passes", async (headers) => {
		for (const path of ["/status", "/servers/one/health"])
			expect((await send(bridge, "GET", path, headers)).status).toBe(200);
	});

	test.each([
		{ host: "other.example.com" },
		{ host: "x.bridge.example.com" },
		{ host: "bridge.example.com.evil.example" },
		{ origin: "http://app.example.com" },
		{ origin: "https://app.example.com:8443" },
		{ origin: "https://x.app.example.com" },
		{ origin: "vscode-webview://abcd" },
		{ host: "bridge.example.com", origin: "https://evil.example" },
		{ host: "evil.example", origin: "https://app.example.com" },
	])("%j does not", async (headers) => {
		for (const [method, path] of routes.slice(0, 5))
			expect(
				(await send(bridge, method, path, headers as Record<string, string>))
					.status,
			).toBe(403);
	});
});

test("* allows any", async () => {
	const bridge = await startBridge({
		servers,
		allowedHosts: ["*"],
		allowedOrigins: ["*"],
	});
	const { status } = await send(bridge, "GET", "/status", {
		host: "evil.example",
		origin: "https://evil.example",
	});
	expect(status).toBe(200);
	await bridge.stop();
});
