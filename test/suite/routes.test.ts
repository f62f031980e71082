import { beforeAll, describe, expect, test } from "vitest";
import { initializeRequest, messagesOf, post } from "../harness/raw-http.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";

/** What is served where, and how everything else is answered. */

let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({
		servers: { alpha: fixture("everything"), beta: fixture("everything") },
	});
});

async function expectJson404(response: Response): Promise<string> {
	expect(response.status).toBe(404);
	expect(response.headers.get("content-type")).toMatch(/^application\/json/);
	return JSON.stringify(await response.json());
}

test.each([
	["GET", "/"],
	["GET", "/favicon.ico"],
	["GET", "/servers"],
	["GET", "/servers/alpha/nothing"],
	["GET", "/.well-known/oauth-authorization-server"],
	["GET", "/.well-known/oauth-protected-resource"],
	["GET", "/.well-known/oauth-protected-resource/servers/alpha/mcp"],
	["GET", "/.well-known/openid-configuration"],
	["GET", "/servers/alpha/mcp/.well-known/openid-configuration"],
	["POST", "/register"],
	["GET", "/authorize"],
	["POST", "/token"],
	["GET", "/servers/alpha/../../etc/passwd"],
	["GET", "/servers/%2e%2e/mcp"],
])("%s %s is a JSON 404", async (method, path) => {
	await expectJson404(
		await fetch(bridge.url + path, {
			method,
			...(method === "POST" && { body: "{}" }),
		}),
	);
});

describe("an unknown server", () => {
	test.each([
		"mcp",
		"sse",
		"messages?session_id=x",
	])("at /%s is a JSON 404 that names the known ones", async (path) => {
		const url = `${bridge.url}/servers/gamma/${path}`;
		for (const response of [
			path === "mcp" ? await post(url, initializeRequest()) : await fetch(url),
			await post(url, initializeRequest()),
		]) {
			const body = await expectJson404(response);
			expect(body).toContain("gamma");
			expect(body).toContain("alpha");
			expect(body).toContain("beta");
		}
	});

	test.each([
		"constructor",
		"__proto__",
		"toString",
	])("%s, a name of every object, is one", async (name) => {
		await expectJson404(
			await post(`${bridge.url}/servers/${name}/mcp`, initializeRequest()),
		);
	});
});

test("without a default server /mcp is a JSON 404 that says what to do", async () => {
	const body = await expectJson404(
		await post(`${bridge.url}/mcp`, initializeRequest()),
	);
	expect(body).toContain("alpha");
});

test("the default server is served at /mcp", async () => {
	const own = await startBridge({
		servers: { alpha: fixture("strict", ["go"]), beta: fixture("everything") },
		defaultServer: "beta",
	});
	const [answer] = await messagesOf(
		await post(`${own.url}/mcp`, initializeRequest()),
	);
	expect(answer?.result?.serverInfo).toMatchObject({
		name: "everything-fixture",
	});
	await own.stop();
});

test("a base path moves every route", async () => {
	const own = await startBridge({
		servers: { alpha: fixture("everything") },
		basePath: "/some/where",
	});
	const response = await post(
		`${own.url}/some/where/servers/alpha/mcp`,
		initializeRequest(),
	);
	expect(response.status).toBe(200);
	await response.text();
	await expectJson404(
		await post(`${own.url}/servers/alpha/mcp`, initializeRequest()),
	);
	await own.stop();
});

test("one server that cannot start neither delays nor breaks another", async () => {
	const own = await startBridge({
		servers: {
			bad: { command: "/nowhere/to/be/found" },
			silent: fixture("faulty", ["silent"]),
			good: fixture("everything"),
		},
	});
	const abort = new AbortController();
	const waiting = post(
		`${own.url}/servers/silent/mcp`,
		initializeRequest(),
		{},
		{ signal: abort.signal },
	).catch(() => "aborted");
	const [answer] = await messagesOf(
		await post(`${own.url}/servers/good/mcp`, initializeRequest()),
	);
	expect(answer?.result?.serverInfo).toMatchObject({
		name: "everything-fixture",
	});
	const refused = await post(`${own.url}/servers/bad/mcp`, initializeRequest());
	// A 4xx would send clients to another transport at the same URL.
	expect(refused.status < 400 || refused.status >= 500).toBe(true);
	const [error] = await messagesOf(refused);
	expect(error?.error?.message).toContain("/nowhere/to/be/found");
	abort.abort();
	expect(await waiting).toBe("aborted");
	await own.stop();
});
