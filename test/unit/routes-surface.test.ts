import { beforeEach, describe, expect, test } from "vitest";
import { accepts } from "../../src/routes/accepts.ts";
import {
	isAllowedHost,
	isAllowedOrigin,
} from "../../src/routes/guards/host-check.ts";
import { EventHistory } from "../../src/routes/streamable/event-history.ts";
import { eventId, parseEventId } from "../../src/routes/streamable/event-id.ts";
import { EventReader, fakeBridge } from "../harness/fake-server.ts";
import { initializeRequest } from "../harness/raw-http.ts";

const path = "/servers/alpha/mcp";
const echo = { jsonrpc: "2.0", id: 1, method: "echo" };

describe("404", () => {
	test("for a path where nothing is says where the servers are, base path included", async () => {
		const bridge = fakeBridge({ basePath: "/base" });
		for (const where of ["/", "/mcp", path, "/base/nothing"]) {
			const response = await bridge.get(where);
			expect(response.status).toBe(404);
			const { error } = await response.json();
			expect(error.message).toContain(where);
			expect(error.message).toContain("/base/servers/<name>/mcp");
		}
	});

	test.each([
		"gamma",
		"constructor",
		"__proto__",
	])("for the server %s that is not there names those that are", async (name) => {
		const bridge = fakeBridge({}, ["alpha", "beta"]);
		for (const end of ["mcp", "sse", "messages?session_id=1", "health"]) {
			const response = await bridge.get(`/servers/${name}/${end}`);
			expect(response.status).toBe(404);
			const { error } = await response.json();
			expect(error.message).toContain(`"${name}"`);
			expect(error.message).toContain("alpha, beta");
		}
	});

	test("for the default server where there is none says so", async () => {
		const bridge = fakeBridge({}, ["alpha", "beta"]);
		const response = await bridge.post("/mcp", initializeRequest());
		expect(response.status).toBe(404);
		const { error } = await response.json();
		expect(error.message).toContain("There is no default server");
		expect(error.message).toContain("alpha, beta");
	});
});

describe("the default server", () => {
	test("is the only one, or the one that is named", async () => {
		const only = fakeBridge();
		expect((await only.post("/mcp", echo)).status).toBe(200);
		const named = fakeBridge({ defaultServer: "beta" }, ["alpha", "beta"]);
		const opened: string[] = [];
		for (const server of named.servers) {
			const { open } = server;
			server.open = (client) => {
				opened.push(server.name);
				return open(client);
			};
		}
		expect((await named.post("/mcp", echo)).status).toBe(200);
		expect(opened).toEqual(["beta"]);
	});

	test("has the sessions of its own path: one opened there is known here", async () => {
		const bridge = fakeBridge();
		const opened = await bridge.post("/mcp", initializeRequest());
		const headers = {
			"mcp-session-id": opened.headers.get("mcp-session-id") ?? "",
		};
		expect((await bridge.post(path, echo, headers)).status).toBe(200);
	});
});

test("the base path stands in front of every route, and nothing is left without it", async () => {
	const bridge = fakeBridge({ basePath: "/base" });
	for (const where of ["/health/live", "/health/ready", "/status"]) {
		expect((await bridge.get(`/base${where}`)).status).toBe(200);
		expect((await bridge.get(where)).status).toBe(404);
	}
	expect((await bridge.post(`/base${path}`, echo)).status).toBe(200);
	expect((await bridge.post("/base/mcp", echo)).status).toBe(200);
});

test("a slash at the end and a name in other letters find the same server", async () => {
	const bridge = fakeBridge();
	for (const where of [`${path}/`, "/servers/ALPHA/mcp", "/mcp/"]) {
		expect((await bridge.post(where, echo)).status).toBe(200);
	}
});

test.each([
	"@acme/notes",
	"acme/mcp",
	"a b",
	"é.1",
	"100%",
	"a?b#c",
	"%2f",
	"a\\b",
	"__proto__",
])("the server %s is found by its name percent-encoded, over every transport", async (name) => {
	const bridge = fakeBridge({ basePath: "/base" }, ["acme", name]);
	const opened: string[] = [];
	for (const server of bridge.servers) {
		const { open } = server;
		server.open = (client) => {
			opened.push(server.name);
			return open(client);
		};
	}
	const encoded = `/base/servers/${encodeURIComponent(name)}`;
	const raw = encoded.replaceAll("%2F", "/").replaceAll("%40", "@");
	for (const where of [encoded, raw]) {
		expect((await bridge.post(`${where}/mcp`, echo)).status).toBe(200);
		const stream = new EventReader(await bridge.get(`${where}/sse`));
		const endpoint = (await stream.nextEvent())?.data ?? "";
		expect(endpoint.split("?")[0]).toBe(`${where}/messages`);
		expect((await bridge.post(endpoint, echo)).status).toBe(202);
		await stream.cancel();
		expect((await bridge.get(`${where}/health/`)).status).toBe(200);
	}
	expect(new Set(opened)).toEqual(new Set([name]));
	expect(await (await bridge.get("/base/metrics")).text()).toContain(
		`server="${name.replaceAll("\\", "\\\\")}"`,
	);
	expect((await bridge.post("/base/servers/acme/mcp", echo)).status).toBe(200);
	expect(opened.at(-1)).toBe("acme");
});

test("a method that a path does not have is 405 with those that it has", async () => {
	const bridge = fakeBridge();
	for (const [method, where, allow] of [
		["PUT", path, "POST, GET, DELETE"],
		["PATCH", "/mcp", "POST, GET, DELETE"],
		["POST", "/servers/alpha/sse", "GET"],
		["GET", "/servers/alpha/messages", "POST"],
	] as const) {
		const response = await bridge.app.request(where, { method });
		expect(response.status).toBe(405);
		expect(response.headers.get("allow")).toBe(allow);
	}
});

test("an error inside is 500 with a JSON-RPC error that gives nothing away", async () => {
	const bridge = fakeBridge();
	for (const server of bridge.servers) {
		server.open = () => {
			throw new Error("secret detail");
		};
	}
	const response = await bridge.post(path, echo);
	expect(response.status).toBe(500);
	const text = await response.text();
	expect(JSON.parse(text)).toMatchObject({ error: { code: -32603 } });
	expect(text).not.toContain("secret");
});

describe("web pages", () => {
	const origin = "https://app.example.com";

	test("of an allowed origin may call and read the answers, session id included", async () => {
		const bridge = fakeBridge({ allowedOrigins: [origin] });
		const preflight = await bridge.app.request(path, {
			method: "OPTIONS",
			headers: {
				origin,
				"access-control-request-method": "POST",
				"access-control-request-headers":
					"content-type,mcp-session-id,mcp-protocol-version,last-event-id",
			},
		});
		expect(preflight.status).toBe(204);
		const allowed = (name: string) =>
			(preflight.headers.get(name) ?? "").toLowerCase().split(/\s*,\s*/);
		expect(allowed("access-control-allow-origin")).toEqual([origin]);
		expect(allowed("access-control-allow-methods")).toEqual(
			expect.arrayContaining(["get", "post", "delete"]),
		);
		expect(allowed("access-control-allow-headers")).toEqual(
			expect.arrayContaining([
				"content-type",
				"mcp-session-id",
				"mcp-protocol-version",
				"last-event-id",
			]),
		);
		const response = await bridge.post(path, initializeRequest(), { origin });
		expect(response.headers.get("access-control-allow-origin")).toBe(origin);
		expect(
			response.headers.get("access-control-expose-headers")?.toLowerCase(),
		).toContain("mcp-session-id");
	});

	test.each([
		"https://evil.example",
		"null",
		"https://app.example.com.evil.example",
	])("of the origin %s are refused with 403 before anything happens, preflight included", async (foreign) => {
		const bridge = fakeBridge({ allowedOrigins: [origin] });
		for (const method of ["OPTIONS", "POST", "GET", "DELETE"]) {
			const response = await bridge.app.request(path, {
				method,
				headers: { origin: foreign },
			});
			expect(response.status).toBe(403);
			expect(response.headers.has("access-control-allow-origin")).toBe(false);
			const { error } = await response.json();
			expect(error.message).toContain("allowedOrigins");
		}
		expect(bridge.peers).toEqual([]);
	});

	test("without an origin of their own may call where null is allowed", async () => {
		const bridge = fakeBridge({ allowedOrigins: ["null"] });
		const response = await bridge.post(path, echo, { origin: "null" });
		expect(response.status).toBe(200);
		expect(response.headers.get("access-control-allow-origin")).toBe("null");
	});

	test("an answer to an error can be read too", async () => {
		const bridge = fakeBridge({ allowedOrigins: [origin] });
		const response = await bridge.post(path, "{ not", { origin });
		expect(response.status).toBe(400);
		expect(response.headers.get("access-control-allow-origin")).toBe(origin);
	});

	test("answers differ by origin, so caches are told", async () => {
		const bridge = fakeBridge({ allowedOrigins: [origin] });
		const response = await bridge.get("/status", { origin });
		expect(response.headers.get("vary")?.toLowerCase()).toContain("origin");
	});
});

describe("the Host header", () => {
	const options = {
		host: "bridge.internal.example",
		allowedHosts: ["mcp.example.com", "[2001:db8::1]"],
		allowedOrigins: ["https://app.example.com"],
	};

	test.each([
		"localhost",
		"localhost:8080",
		"127.0.0.1:8080",
		"10.0.0.7",
		"[::1]:8080",
		"[::1]",
		"[0:0:0:0:0:0:0:1]:8080",
		"[2001:db8::1]:8080",
		"bridge",
		"bridge:8080",
		"x.localhost:1",
		"mcp.example.com",
		"MCP.example.com:443",
		"mcp.example.com.",
		"bridge.internal.example:8080",
	])("%s is one of the bridge's", (host) => {
		expect(isAllowedHost(host, options)).toBe(true);
	});

	test.each([
		"evil.example",
		"evil.example:8080",
		"mcp.example.com.evil.example",
		"127.0.0.1.evil.example",
		"xmcp.example.com",
		"evil.localhost.example",
	])("%s is none", (host) => {
		expect(isAllowedHost(host, options)).toBe(false);
		expect(isAllowedHost(host, { ...options, allowedHosts: ["*"] })).toBe(true);
	});

	test("that is none of the bridge's is 403 with what to do", async () => {
		const response = await fakeBridge().get("/status", {
			host: "evil.example",
		});
		expect(response.status).toBe(403);
		expect((await response.json()).error.message).toContain("allowedHosts");
	});

	test.each([
		["https://app.example.com", true],
		["http://localhost:3000", true],
		["http://127.0.0.1", true],
		["http://[::1]:6274", true],
		["http://[::1]", true],
		["https://mcp.example.com", true],
		["http://app.example.com", false],
		["https://app.example.com:444", false],
		["http://10.0.0.7", false],
		["http://bridge", false],
		["null", false],
		["file://", false],
		["", false],
	])("the origin %s may call: %s", (origin, expected) => {
		expect(isAllowedOrigin(origin, options)).toBe(expected);
	});
});

describe("health", () => {
	test("live is 200 whatever the servers are", async () => {
		const bridge = fakeBridge();
		bridge.state.closing = true;
		expect((await bridge.get("/health/live")).status).toBe(200);
	});

	test("ready is 503 only where the bridge is closing or every server failed, and names those that did", async () => {
		const bridge = fakeBridge({}, ["alpha", "beta"]);
		const ready = async () => {
			const response = await bridge.get("/health/ready");
			return { status: response.status, body: await response.json() };
		};
		expect(await ready()).toMatchObject({ status: 200 });
		const failure = { code: "CHILD_EXITED", reason: "r", stderr: ["s"] };
		Object.assign(bridge.servers[0] ?? {}, { failure });
		expect(await ready()).toMatchObject({
			status: 200,
			body: { failed: [{ name: "alpha", ...failure }] },
		});
		Object.assign(bridge.servers[1] ?? {}, { failure });
		expect(await ready()).toMatchObject({ status: 503 });
		Object.assign(bridge.servers[1] ?? {}, { failure: undefined });
		bridge.state.closing = true;
		expect(await ready()).toMatchObject({
			status: 503,
			body: { status: "closing" },
		});
	});

	test("of one server is 503 with the reason where it failed, else 200", async () => {
		const bridge = fakeBridge();
		expect((await bridge.get("/servers/alpha/health")).status).toBe(200);
		const failure = { code: "CHILD_EXITED", reason: "r", stderr: ["s"] };
		Object.assign(bridge.servers[0] ?? {}, { failure });
		const response = await bridge.get("/servers/alpha/health");
		expect(response.status).toBe(503);
		expect(await response.json()).toMatchObject(failure);
	});
});

test("/status counts sessions and streams, and has what dashboards for mcp-proxy read", async () => {
	const bridge = fakeBridge({}, ["alpha", "beta"]);
	Object.assign(bridge.servers[1] ?? {}, {
		failure: { code: "c", reason: "r", stderr: [] },
	});
	await bridge.post(path, initializeRequest());
	await bridge.get("/servers/alpha/sse");
	expect(await (await bridge.get("/status")).json()).toMatchObject({
		status: "running",
		sessions: { streamable: 1, sse: 1, max: 10_000 },
		openStreams: 1,
		servers: { alpha: { state: "ready" }, beta: { state: "ready" } },
		api_last_activity: "1970-01-01T00:00:00.000Z",
		server_instances: { alpha: "configured", beta: "failed" },
	});
	// Looking at it is no activity.
	expect(bridge.state.touched).toBe(2);
});

test.each([
	[undefined, "text/event-stream", true],
	["", "application/json", true],
	["*/*", "text/event-stream", true],
	["text/*", "text/event-stream", true],
	["text/*", "application/json", false],
	["application/json", "text/event-stream", false],
	["text/html, TEXT/Event-Stream ; q=0.1", "text/event-stream", true],
])("Accept: %s admits %s: %s", (header, type, expected) => {
	expect(accepts(header, type)).toBe(expected);
});

test("an event id names its session's life, its stream, its place and what is owed, and no other text is one", () => {
	const place = { life: "1a2b3c4d", stream: 3, sequence: 17 };
	expect(parseEventId(eventId(place))).toEqual({ ...place, owes: undefined });
	for (const owes of [0, "0", -1.5, "", "a-1", "é\n"]) {
		expect(parseEventId(eventId({ ...place, owes }))?.owes).toBe(owes);
	}
	// It has to fit into a header.
	const long = eventId({ ...place, owes: "x".repeat(101) });
	expect(parseEventId(long)).toEqual({ ...place, owes: undefined });
	for (const id of ["", "3", "3-", "-3", "a-3-", "3-1", "3-1 ", "a-1e3-1"]) {
		expect(parseEventId(id)).toBeUndefined();
	}
	expect(parseEventId("a-1-2-____")?.owes).toBeUndefined();
});

describe("the history of a session", () => {
	let forgotten: string[] = [];
	const gone = (limit: string) => {
		forgotten.push(limit);
	};
	beforeEach(() => {
		forgotten = [];
	});
	const add = (history: EventHistory, sequence: number, data = "d") =>
		history.add({ stream: 1, sequence, data });
	const kept = (history: EventHistory) =>
		history.after(1, 0).map(({ sequence }) => sequence);

	test("holds no more events than it may, the oldest go first", () => {
		const history = new EventHistory(3, 1000, gone);
		for (let n = 1; n <= 10; n++) add(history, n);
		expect(kept(history)).toEqual([8, 9, 10]);
		expect(forgotten).toEqual(Array(7).fill("historyEvents"));
	});

	test("holds no more bytes than it may", () => {
		const history = new EventHistory(100, 100, gone);
		for (let n = 1; n <= 10; n++) add(history, n, "x".repeat(30));
		expect(kept(history)).toEqual([8, 9, 10]);
		expect(forgotten).toEqual(Array(7).fill("historyBytes"));
	});

	test("holds no event that is larger than all it may hold", () => {
		const history = new EventHistory(100, 100, gone);
		add(history, 1, "x".repeat(101));
		expect(kept(history)).toEqual([]);
	});

	test("counts bytes and not characters", () => {
		const history = new EventHistory(100, 100, gone);
		for (let n = 1; n <= 3; n++) add(history, n, "漢".repeat(20));
		expect(kept(history)).toEqual([3]);
	});

	test("of no events, or no bytes, holds none", () => {
		const none = new EventHistory(0, 1000, gone);
		add(none, 1);
		expect(kept(none)).toEqual([]);
		const empty = new EventHistory(10, 0, gone);
		add(empty, 1);
		expect(kept(empty)).toEqual([]);
	});
});
