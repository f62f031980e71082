import { createServer, request as httpRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exchanges } from "../harness/wire/exchange.ts";
import { tapFetch } from "../harness/wire/tap-fetch.ts";
import { tapHttp } from "../harness/wire/tap-http.ts";

/** What clients send and read is kept, and neither they nor the bridge can tell. */

const url = "http://127.0.0.1/servers/a/mcp";
const bytes = (text: string) => new TextEncoder().encode(text);

beforeEach(() => {
	exchanges.length = 0;
});

describe("fetch", () => {
	const { fetch: own } = globalThis;
	/** How often the body was asked for more. */
	let pulls: number;
	let cancelled: unknown;
	/** The network gives this body. */
	function answer(parts: (string | Error)[], type: string, status = 200): void {
		pulls = 0;
		cancelled = undefined;
		const rest = [...parts];
		const body = new ReadableStream(
			{
				pull(controller) {
					pulls++;
					const part = rest.shift();
					if (part === undefined) controller.close();
					else if (part instanceof Error) controller.error(part);
					else controller.enqueue(bytes(part));
				},
				cancel(reason) {
					cancelled = reason;
				},
			},
			{ highWaterMark: 0 },
		);
		globalThis.fetch = async () =>
			new Response(body, { status, headers: { "content-type": type } });
		tapFetch();
	}
	afterEach(() => {
		globalThis.fetch = own;
	});

	test("a body that is read to its end is kept", async () => {
		answer(['{"a":', "1}"], "application/json", 400);
		const response = await fetch(url, { method: "post", body: "sent" });
		expect(response.status).toBe(400);
		expect(await response.json()).toEqual({ a: 1 });
		expect(exchanges).toMatchObject([
			{
				method: "POST",
				sent: { text: "sent", cut: false },
				status: 400,
				received: [{ text: '{"a":1}', cut: false }],
			},
		]);
	});

	test("of a stream each event that was read is kept", async () => {
		answer(["data: 1\n\nda", "ta: 2\n\ndata: 3"], "text/event-stream");
		const reader = (await fetch(url)).body?.getReader();
		const texts = () => exchanges[0]?.received.map(({ text }) => text);
		await reader?.read();
		expect(texts()).toEqual(["1"]);
		await reader?.read();
		expect(texts()).toEqual(["1", "2"]);
	});

	test("nothing is read before its consumer does", async () => {
		answer(["1", "2", "3"], "text/event-stream");
		const reader = (await fetch(url)).body?.getReader();
		expect(pulls).toBe(0);
		await reader?.read();
		expect(pulls).toBe(1);
	});

	test("a consumer's cancellation is the connection's, read or not", async () => {
		answer(["1", "2"], "text/event-stream");
		await (await fetch(url)).body?.cancel("early");
		expect(cancelled).toBe("early");
		answer(["1", "2"], "text/event-stream");
		const reader = (await fetch(url)).body?.getReader();
		await reader?.read();
		await reader?.cancel("late");
		expect(cancelled).toBe("late");
	});

	test("the connection's failure is its consumer's, and half a body is none", async () => {
		const failure = new Error("cut");
		answer(['{"a"', failure], "application/json");
		await expect((await fetch(url)).text()).rejects.toBe(failure);
		expect(exchanges[0]?.received).toEqual([]);
	});

	test("a request that fails was sent all the same", async () => {
		const failure = new Error("refused");
		globalThis.fetch = () => Promise.reject(failure);
		tapFetch();
		const sent = fetch(url, { method: "POST", body: "sent" });
		await expect(sent).rejects.toBe(failure);
		expect(exchanges).toMatchObject([{ sent: { text: "sent" }, status: 0 }]);
	});

	test("what is no endpoint of MCP is left alone", async () => {
		answer(["{}"], "application/json");
		await fetch("http://127.0.0.1/status");
		expect(exchanges).toEqual([]);
	});

	test("of what is long only the two ends are kept", async () => {
		answer(["x".repeat(200_000), "x".repeat(200_000), "y"], "application/json");
		const response = await fetch(url);
		expect(await response.text()).toHaveLength(400_001);
		const [received] = exchanges[0]?.received ?? [];
		expect(received).toMatchObject({
			cut: true,
			text: expect.stringMatching(/^x+…x+y$/),
		});
		expect(received?.text.length).toBeLessThan(5000);
	});
});

describe("node:http", () => {
	tapHttp();
	let server: Server;
	let port: number;
	beforeEach(async () => {
		server = createServer((request, response) => {
			response.writeHead(200, { "content-type": "application/json" });
			request.pipe(response);
		});
		await new Promise<void>((resolve) =>
			server.listen(0, "127.0.0.1", resolve),
		);
		port = (server.address() as AddressInfo).port;
	});
	afterEach(() => server.close());

	test("headers as they go out, body and answer are kept", async () => {
		const text = await new Promise<string>((resolve, reject) => {
			const request = httpRequest(
				{
					port,
					path: "/mcp",
					method: "POST",
					agent: false,
					headers: ["Host", "x", "Mcp-Session-Id", "s", "Content-Length", "2"],
				},
				(response) => {
					let read = "";
					response.setEncoding("utf8");
					response.on("data", (chunk) => {
						read += chunk;
					});
					response.on("end", () => resolve(read));
				},
			);
			request.on("error", reject);
			request.end("{}");
		});
		expect(text).toBe("{}");
		expect(exchanges).toMatchObject([
			{
				method: "POST",
				sent: { text: "{}" },
				status: 200,
				received: [{ text: "{}" }],
			},
		]);
		expect(exchanges[0]?.headers.get("mcp-session-id")).toBe("s");
	});
});
