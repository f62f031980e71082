import { beforeAll, describe, expect, test } from "vitest";
import { answeredUntil } from "../harness/answered-until.ts";
import { limitReached, metric } from "../harness/metrics.ts";
import { modernRevision } from "../harness/modern-client.ts";
import { overLimit } from "../harness/over-limit.ts";
import { RawClient } from "../harness/raw-http.ts";
import { answerOf, head, RawSocket } from "../harness/raw-socket.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import { callOnce, textOf } from "../harness/status.ts";

/** Clients that send a body too slowly, or never. */

describe("a body that does not come", () => {
	const bodyTimeoutMs = 500;
	let bridge: Bridge;
	beforeAll(async () => {
		const servers = { one: fixture("flooding"), other: fixture("flooding") };
		bridge = await startBridge({ servers, bodyTimeoutMs, maxBodyBytes: 5000 });
	});

	const json = { "content-type": "application/json" };
	const modern = {
		"mcp-protocol-version": modernRevision,
		"mcp-method": "tools/list",
	};
	/** How much of it comes, how fast. */
	const ways: [
		way: string,
		headers: Record<string, string>,
		first: string,
		more?: string,
	][] = [
		["none of it", { "content-length": "100" }, ""],
		["none of it, chunked", { "transfer-encoding": "chunked" }, ""],
		["half of it", { "content-length": "100" }, '{"jsonrpc":'],
		["one byte after the other", { "content-length": "100" }, "{", " "],
		[
			"one byte after the other, chunked",
			{ "transfer-encoding": "chunked" },
			"1\r\n{\r\n",
			"1\r\n \r\n",
		],
		["none of it, modern", { "content-length": "100", ...modern }, ""],
	];

	test.each(
		ways,
	)("%s: it is answered with 408 after bodyTimeoutMs, which is counted; others are served meanwhile", async (_way, headers, first, more) => {
		const other = await RawClient.connect(bridge, "one", "sse");
		const paths = [
			"/servers/one/mcp",
			other.endpoint.pathname + other.endpoint.search,
		];
		// A modern client has no business with /messages.
		for (const path of "mcp-method" in headers ? paths.slice(0, 1) : paths) {
			const before = await limitReached(bridge, "bodyTimeoutMs", "one");
			const socket = await RawSocket.send(
				bridge,
				head(bridge, "POST", path, { ...json, ...headers }) + first,
			);
			const drip =
				more === undefined
					? undefined
					: setInterval(() => socket.write(more), bodyTimeoutMs / 5);
			await answeredUntil(
				other,
				async () =>
					(await limitReached(bridge, "bodyTimeoutMs", "one")) > before,
				"the body is waited for",
				15_000,
			).finally(() => clearInterval(drip));
			await socket.until(/"limit":"bodyTimeoutMs"/);
			const answer = answerOf(socket.received);
			const { status, body } = answer;
			expect(status).toBe(408);
			const code = "mcp-method" in headers ? -32603 : -32005;
			expect(
				JSON.parse(body.slice(body.indexOf("{"), body.lastIndexOf("}") + 1)),
			).toMatchObject({
				jsonrpc: "2.0",
				error: overLimit("bodyTimeoutMs", code),
			});
			// Nothing else can come on it. Deno closes it only when the rest of the body has come.
			expect(answer.head).toContain("connection: close");
			socket.close();
			expect(await limitReached(bridge, "bodyTimeoutMs", "one")).toBe(
				before + 1,
			);
		}
		const again = await callOnce(bridge, "one", "echo", { message: "whole" });
		expect(textOf(again)).toBe("whole");
		other.close();
	});

	test("a body that is too large by its length, and never sent, is answered with 413 no later", async () => {
		for (const length of ["6000", "1000000"]) {
			const socket = await RawSocket.send(
				bridge,
				head(bridge, "POST", "/servers/one/mcp", {
					...json,
					"content-length": length,
				}),
			);
			await socket.until(/^HTTP\/1\.1 413 /);
			await socket.until(/"limit":"maxBodyBytes"/);
			socket.close();
		}
	});

	test("a client that goes away in the middle of its body leaves nothing behind", async () => {
		const sockets = await Promise.all(
			Array.from({ length: 20 }, () =>
				RawSocket.send(
					bridge,
					`${head(bridge, "POST", "/servers/other/mcp", { ...json, "content-length": "100" })}{"jsonrpc":`,
				),
			),
		);
		for (const socket of sockets) socket.close();
		const answer = await callOnce(bridge, "other", "calls");
		expect(JSON.parse(textOf(answer))).toEqual({ calls: 1 });
		expect(await metric(bridge, "requests_unanswered")).toBe(0);
	});
});
