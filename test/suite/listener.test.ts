import { networkInterfaces } from "node:os";
import { beforeAll, describe, expect, test } from "vitest";
import { callMessage } from "../harness/call-message.ts";
import type { Json } from "../harness/clients.ts";
import { isHeld } from "../harness/connections.ts";
import { eventually } from "../harness/processes.ts";
import type { Message } from "../harness/raw-http.ts";
import { answerOf, head, RawSocket } from "../harness/raw-socket.ts";
import { runtimeName } from "../harness/runtimes.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import { getJson, textOf } from "../harness/status.ts";

/** What is the runtimes' own: connections, addresses, versions of HTTP. */

const servers = { everything: fixture("everything") };
const isNode = runtimeName.startsWith("node");
const isDeno = runtimeName === "deno";
let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({ servers });
});

describe("a client of HTTP/1.0, which names no host", () => {
	/** What comes until the connection is closed, or until it matches. */
	const receive = async (
		path: string,
		message?: Message,
		headers: Record<string, string> = {},
		until?: RegExp,
	): Promise<string> => {
		const body = message ? JSON.stringify(message) : "";
		const lines = Object.entries({
			...(message && { "content-length": String(Buffer.byteLength(body)) }),
			...headers,
		}).map(([name, value]) => `${name}: ${value}\r\n`);
		const method = message ? "POST" : "GET";
		const socket = await RawSocket.send(
			bridge,
			`${method} ${path} HTTP/1.0\r\n${lines.join("")}\r\n${body}`,
		);
		if (until) await socket.until(until);
		else await socket.closed;
		socket.close();
		return socket.received;
	};
	const call = (tool: string, args: Json) =>
		callMessage("own", tool, args, { progressToken: "own" });

	/** Nothing in it depends on HTTP/1.1; Deno and Bun close without a word, which HTTP/1.0 means by none. */
	function expectOldHttp(received: string): void {
		const [first = ""] = received.toLowerCase().split("\r\n\r\n");
		expect(first).toMatch(/^http\/1\.[01] 200 /);
		expect(first).not.toContain("transfer-encoding");
		const [, connection = "close"] = /\r\nconnection: (.*)/.exec(first) ?? [];
		expect(connection).toBe("close");
		if (isNode) expect(first).toContain("connection: close");
	}

	test("gets JSON, be it small, large or none of a server, that ends with the connection", async () => {
		expectOldHttp(await receive("/health/live"));
		for (const length of [10, 1_000_000]) {
			const message = "x".repeat(length);
			const path = "/servers/everything/mcp";
			const received = await receive(
				path,
				callMessage("own", "echo", { message }),
			);
			expectOldHttp(received);
			const [, ...body] = received.split("\r\n\r\n");
			expect(textOf(JSON.parse(body.join("")))).toBe(message);
		}
	});

	test("gets the stream of a POST, message by message, that ends with the connection", async () => {
		const accept = { accept: "text/event-stream" };
		const received = await receive(
			"/servers/everything/mcp",
			call("progress", { steps: 2 }),
			accept,
		);
		expectOldHttp(received);
		const data = received
			.split("\n")
			.filter((line) => line.startsWith("data: "));
		const messages = data.map((line) => JSON.parse(line.slice(6)));
		expect(messages.map(({ params, id }) => params?.progress ?? id)).toEqual([
			1,
			2,
			"own",
		]);
	});

	test("gets the stream of HTTP+SSE", async () => {
		const received = await receive(
			"/servers/everything/sse",
			undefined,
			{},
			/\n\nevent: endpoint\nid: .*\ndata: \/servers\/everything\/messages\?session_id=.*\n\n/,
		);
		expectOldHttp(received);
	});
});

describe("connectionIdleTimeoutMs", () => {
	const without = "connectionIdleTimeoutMs is without effect";

	test(`${isDeno ? "does not change that" : "is how long"} a connection waits for the next request${isDeno ? ", and the log says so" : ""}`, async () => {
		const own = await startBridge({ servers, connectionIdleTimeoutMs: 1000 });
		const live = head(own, "GET", "/health/live");
		const socket = await RawSocket.send(own, live);
		await socket.until(/"status":"ok"/);
		if (isNode) {
			const first = answerOf(socket.received).head;
			expect(first).toMatch(/^keep-alive: timeout=1$/m);
		}
		if (isDeno) await own.waitForLog(without);
		else await socket.closed;
		await own.stop();
	});

	test("is the runtime's own where it is left out", () => {
		expect(bridge.log.filter((line) => line.includes(without))).toEqual([]);
	});
});

test("--host [::1] is the address ::1, also where a client names it, or no host", async () => {
	const starting = startBridge({ servers }, { args: ["--host", "[::1]"] });
	const addresses = Object.values(networkInterfaces()).flat();
	if (!addresses.some((one) => one?.address === "::1")) {
		// What is tested then is that it is not taken for a name.
		await expect(starting).rejects.toThrow("no such address");
		return;
	}
	const own = await starting;
	expect(own.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
	const headers = { origin: "http://[::1]:3000" };
	const response = await fetch(`${own.url}/health/live`, { headers });
	expect(response.status).toBe(200);
	for (const host of ["Host: [::1]\r\n", ""]) {
		const old = `GET /health/live HTTP/1.0\r\n${host}\r\n`;
		const socket = await RawSocket.send(own, old);
		await socket.closed;
		expect(socket.received).toMatch(/^HTTP\/1\.[01] 200 /);
	}
	await own.stop();
});

/** A GET of a path by a connection of its own, which stays open. */
async function getOn(own: Bridge, path: string): Promise<RawSocket> {
	const socket = await RawSocket.send(own, head(own, "GET", path));
	await socket.until(/\r\n\r\n/);
	return socket;
}

describe("connections", () => {
	test("with headers over maxHeaderBytes are refused on every path", async () => {
		const own = await startBridge({ servers, maxHeaderBytes: 1000 });
		const headers = { "x-large": "a".repeat(1000) };
		for (const path of [
			...["/health/live", "/health/ready", "/status", "/metrics", "/nothing"],
			...["/mcp", "/servers/everything/mcp", "/servers/everything/health"],
			"/servers/nobody/mcp",
		]) {
			const response = await fetch(own.url + path, { headers });
			expect({ path, status: response.status }).toEqual({ path, status: 431 });
			await response.text();
		}
		await own.stop();
	});

	test("with two lengths of a body, or none that is a number, get 400", async () => {
		for (const length of ["2\r\ncontent-length: 2", "2, 2", "+2", "0x2", ""]) {
			const post = head(bridge, "POST", "/servers/everything/mcp", {
				"content-length": length,
			});
			const socket = await RawSocket.send(bridge, `${post}{}`);
			await socket.until(/^HTTP\/1\.1 400 /);
			socket.close();
		}
	});

	test("with a bare CR in a header get 400", async () => {
		const get = head(bridge, "GET", "/health/live", { "x-odd": "a\rb" });
		const socket = await RawSocket.send(bridge, get);
		await socket.closed;
		expect(socket.received).toMatch(/^HTTP\/1\.1 400 /);
	});

	if (!isDeno)
		test("that send nothing, or nothing after an answer, leave room for others; streams stay", async () => {
			const own = await startBridge(
				{ servers, connectionIdleTimeoutMs: 1000, keepAliveMs: 0 },
				// What it loads later would need one too.
				{ maxDescriptors: 300, args: ["--no-watch"] },
			);
			const stream = await getOn(own, "/servers/everything/sse");
			const idle: RawSocket[] = [];
			const begun = head(own, "GET", "/health/live").slice(0, 30);
			for (let count = 0; count < 400; count++) {
				const socket = await RawSocket.open(own);
				if (count % 3 > 0) socket.write(count % 3 === 1 ? begun : "");
				idle.push(socket);
			}
			await (await getOn(own, "/health/live")).closed;
			expect((await fetch(`${own.url}/health/live`)).status).toBe(200);
			// One that would have been closed by now, were it taken for idle.
			const ended = await getOn(own, "/health/live");
			await ended.closed;
			expect(isHeld(own, stream)).toBe(true);
			for (const socket of [stream, ...idle]) socket.close();
			await own.stop();
		});

	if (isNode)
		test("over maxConnections close the one that is idle for longest, and a new one where none is", async () => {
			const own = await startBridge({ servers, maxConnections: 3 });
			const first = await getOn(own, "/health/live");
			const stream = await getOn(own, "/servers/everything/sse");
			const second = await getOn(own, "/health/live");
			// Now the second is the one that has been idle for longest.
			const again = head(own, "GET", "/health/ready");
			first.write(again);
			await first.until(/"status":"ready"/);
			const third = await getOn(own, "/servers/everything/sse");
			await second.closed;
			expect([first, stream, third].map((one) => isHeld(own, one))).toEqual([
				true,
				true,
				true,
			]);
			const fourth = await getOn(own, "/servers/everything/sse");
			await first.closed;
			const refused = await RawSocket.open(own);
			await refused.closed;
			expect(refused.received).toBe("");
			fourth.close();
			await eventually(() => !isHeld(own, fourth), "it is closed");
			expect((await getJson(own, "/status")).connections).toEqual({
				open: 3,
				max: 3,
				closedIdle: 2,
				refused: 1,
			});
			stream.close();
			third.close();
			await own.stop();
		});

	if (!isNode)
		test("cannot be bounded here, which is said", async () => {
			const own = await startBridge({ servers, maxConnections: 3 });
			await own.waitForLog("maxConnections is without effect");
			const { connections } = await getJson(own, "/status");
			expect(connections).toEqual({ bounded: false });
			await own.stop();
		});
});
