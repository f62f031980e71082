import { networkInterfaces } from "node:os";
import { beforeAll, describe, expect, test } from "vitest";
import { callMessage } from "../harness/call-message.ts";
import type { Json } from "../harness/clients.ts";
import type { Message } from "../harness/raw-http.ts";
import { answerOf, head, RawSocket } from "../harness/raw-socket.ts";
import { runtimeName } from "../harness/runtimes.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import { textOf } from "../harness/status.ts";

/** What is the runtimes' own: connections, addresses, versions of HTTP. */

const servers = { everything: fixture("everything") };
const isNode = runtimeName.startsWith("node");
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

	test(`${isNode ? "is how long" : "does not change that"} a connection waits for the next request${isNode ? "" : ", and the log says so"}`, async () => {
		const own = await startBridge({ servers, connectionIdleTimeoutMs: 1000 });
		const live = head(own, "GET", "/health/live");
		const socket = await RawSocket.send(own, live);
		await socket.until(/"status":"ok"/);
		if (isNode) {
			const first = answerOf(socket.received).head;
			expect(first).toMatch(/^keep-alive: timeout=1$/m);
			await socket.closed;
		} else await own.waitForLog(without);
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
