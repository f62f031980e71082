import { readdirSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { answeredUntil } from "../harness/answered-until.ts";
import { callMessage } from "../harness/call-message.ts";
import { isHeld } from "../harness/connections.ts";
import { residentMib } from "../harness/memory.ts";
import { limitReached, metric } from "../harness/metrics.ts";
import { ModernClient, modernRevision } from "../harness/modern-client.ts";
import { eventually } from "../harness/processes.ts";
import { initializeRequest, post, RawClient } from "../harness/raw-http.ts";
import { answerOf, head, postText, RawSocket } from "../harness/raw-socket.ts";
import { runtimeName } from "../harness/runtimes.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import { callOnce, textOf } from "../harness/status.ts";

/** Clients that do not read, or stop in the middle, or want too much: they cost little, and nobody but themselves. */

/** How many files and connections a process has open. */
const openFiles = (pid: number) => readdirSync(`/proc/${pid}/fd`).length;

const KiB = 1024;
/** What the bridge may hold more than before, in MiB, where more is sent to who does not read. */
const allowedMib = 150;

describe("a client that does not read", () => {
	/** 200 MiB. */
	const much = { count: 400, bytes: 512 * KiB };
	let bridge: Bridge;
	let other: RawClient;
	beforeAll(async () => {
		bridge = await startBridge({
			servers: {
				floods: fixture("flooding", [], { isolation: "session" }),
				shared: fixture("flooding"),
			},
			maxStreamBufferBytes: 4 * 1024 * KiB,
		});
		other = await RawClient.connect(bridge, "floods", "sse");
	});

	/** Each has its stream open, and stops reading; gives what makes its child flood it. */
	const streams: Record<string, (socket: RawSocket) => Promise<() => void>> = {
		"the stream of /sse": async (socket) => {
			socket.write(head(bridge, "GET", "/servers/floods/sse"));
			const [, path] = await socket.until(/^data: (\S+)/m);
			const url = new URL(path ?? "", bridge.url);
			await post(url, initializeRequest());
			await socket.until(/serverInfo/);
			return () =>
				void post(url, callMessage(1, "flood", { kind: "log", ...much }));
		},
		"the GET stream of /mcp": async (socket) => {
			const client = await RawClient.connect(bridge, "floods", "streamable");
			socket.write(head(bridge, "GET", "/servers/floods/mcp", client.headers));
			await socket.until(/^id: /m);
			const args = { kind: "log", first: true, ...much };
			return () => void client.send(callMessage(1, "flood", args));
		},
		"the response to a POST": async (socket) => {
			const client = await RawClient.connect(bridge, "floods", "streamable");
			const args = { kind: "progress", ...much };
			const flood = callMessage(1, "flood", args, { progressToken: 1 });
			const path = "/servers/floods/mcp";
			return () => socket.write(postText(bridge, path, flood, client.headers));
		},
		"the response to a modern POST": async (socket) => {
			const message = new ModernClient(bridge, "shared").message(
				"tools/call",
				{ name: "flood", arguments: { kind: "progress", ...much } },
				{ meta: { progressToken: 1 } },
			);
			const headers = {
				"mcp-protocol-version": modernRevision,
				"mcp-method": "tools/call",
				"mcp-name": "flood",
			};
			const path = "/servers/shared/mcp";
			return () => socket.write(postText(bridge, path, message, headers));
		},
	};

	test.each(
		Object.keys(streams),
	)("%s is cut off at maxStreamBufferBytes, which is counted; others are answered meanwhile", async (name) => {
		const server = name.includes("modern") ? "shared" : "floods";
		const before = await limitReached(bridge, "maxStreamBufferBytes", server);
		const others = await metric(bridge, "streams");
		const socket = await RawSocket.open(bridge);
		const flood = await streams[name]?.(socket);
		socket.stopReading();
		const resident = residentMib(bridge.pid);
		let most = 0;
		flood?.();
		const measured = async (isOver: () => Promise<boolean>) => {
			most = Math.max(most, residentMib(bridge.pid));
			return isOver();
		};
		const reached = () => limitReached(bridge, "maxStreamBufferBytes", server);
		await answeredUntil(
			other,
			() => measured(async () => (await reached()) > before),
			"the client that does not read is not cut off",
		);
		// What comes after the cut has nowhere to pile up either. A stream of the test before may end only now.
		await answeredUntil(
			other,
			() =>
				measured(
					async () =>
						(await metric(bridge, "requests_in_flight", { server })) === 0 &&
						(await metric(bridge, "streams")) <= others,
				),
			"the flood does not end",
		);
		expect(most - resident).toBeLessThan(allowedMib);
		expect(await reached()).toBe(before + 1);
		// Bun and Deno do not let a connection go before its client has read.
		if (runtimeName.startsWith("node"))
			await eventually(
				() => !isHeld(bridge, socket),
				"the connection of a client that does not read is still open",
			);
		// It reads on, and sees that the rest is missing.
		socket.readOn();
		await Promise.race([socket.closed, socket.until(/\r\n0\r\n\r\n$/)]);
		socket.close();
		expect(socket.received.length).toBeLessThan(much.count * much.bytes);
		const again = await callOnce(bridge, "shared", "echo", { message: "on" });
		expect(textOf(again)).toBe("on");
	}, 180_000);
});

test("a client that half-closes its connection behind a request breaks nothing: its call is made once, and answered if it can be", async () => {
	const bridge = await startBridge({ servers: { one: fixture("flooding") } });
	const other = await RawClient.connect(bridge, "one", "sse");
	const path = "/servers/one/mcp";
	const sockets = await Promise.all(
		Array.from({ length: 20 }, async (_, index) => {
			const socket = await RawSocket.open(bridge);
			const message = callMessage(index, "echo", { message: `half ${index}` });
			socket.write(postText(bridge, path, message));
			socket.halfClose();
			return socket;
		}),
	);
	await Promise.all(sockets.map(({ closed }) => closed));
	for (const [index, { received }] of sockets.entries()) {
		if (received === "") continue;
		const { status, body } = answerOf(received);
		expect([status, body]).toEqual([200, expect.any(String)]);
		expect(body).toContain(`half ${index}`);
	}
	await eventually(
		async () => (await metric(bridge, "requests_unanswered")) === 0,
		"calls are left unanswered",
	);
	const { echo } = JSON.parse(await other.text(1, "calls"));
	expect(echo).toBeLessThanOrEqual(20);
	expect(await other.text(2, "echo", { message: "other" })).toBe("other");
	expect(await metric(bridge, "requests_in_flight")).toBe(0);
	expect(
		bridge.log.filter((line) => line.includes("a request failed")),
	).toEqual([]);
	other.close();
	await bridge.stop();
});

test("a client that opens more connections than the bridge has file descriptors for ends nobody's stream, and when it is gone others are served", async () => {
	const maxDescriptors = 120;
	const bridge = await startBridge(
		{ servers: { one: fixture("flooding") } },
		{ maxDescriptors },
	);
	const other = await RawClient.connect(bridge, "one", "sse");
	expect(await other.text(1, "echo", { message: "before" })).toBe("before");
	// Some may be refused.
	const opened = await Promise.allSettled(
		Array.from({ length: 2 * maxDescriptors }, () => RawSocket.open(bridge)),
	);
	await eventually(
		() => openFiles(bridge.pid) >= maxDescriptors - 5,
		() => `only ${openFiles(bridge.pid)} files are open`,
	);
	for (const each of opened) {
		if (each.status === "fulfilled") each.value.close();
	}
	await eventually(
		() =>
			callOnce(bridge, "one", "pid").then(
				({ result }) => result !== undefined,
				() => false,
			),
		"nobody is served any more",
	);
	expect(await other.text(2, "echo", { message: "after" })).toBe("after");
	// Only Deno tells.
	if (runtimeName === "deno") await bridge.waitForLog("no file descriptors");
	other.close();
	expect(await bridge.stop()).toEqual({ code: 0, signal: null });
});

describe("a client that opens a thousand streams", () => {
	const maxStreams = 50;
	let bridge: Bridge;
	/** It has one of them. */
	let other: RawClient;
	beforeAll(async () => {
		bridge = await startBridge({
			servers: { one: fixture("flooding"), modern: fixture("modern-raw") },
			maxStreams,
		});
		other = await RawClient.connect(bridge, "one", "sse");
	});

	test.each([
		["of /sse", "one", () => head(bridge, "GET", "/servers/one/sse")],
		[
			"of subscriptions/listen",
			"modern",
			() => {
				const method = "subscriptions/listen";
				const notifications = { toolsListChanged: true };
				const modern = new ModernClient(bridge, "modern");
				return postText(
					bridge,
					"/servers/modern/mcp",
					modern.message(method, { notifications }),
					{ "mcp-protocol-version": modernRevision, "mcp-method": method },
				);
			},
		],
	])("%s gets maxStreams of them, and others are served meanwhile; when it is gone the next one gets its own", async (_of, server, request) => {
		const before = await limitReached(bridge, "maxStreams", server);
		const resident = residentMib(bridge.pid);
		const text = request();
		const sockets: RawSocket[] = [];
		const opened = (async () => {
			for (let wave = 0; wave < 10; wave++)
				sockets.push(
					...(await Promise.all(
						Array.from({ length: 100 }, () => RawSocket.send(bridge, text)),
					)),
				);
			await Promise.all(
				sockets.map((socket) => socket.until(/^HTTP\/1\.1 \d+ .*\r\n/)),
			);
			return true;
		})();
		let isOpen = false;
		void opened.then(
			() => {
				isOpen = true;
			},
			() => {
				isOpen = true;
			},
		);
		await answeredUntil(other, async () => isOpen, "the streams do not open");
		await opened;
		const statuses = sockets.map(({ received }) => answerOf(received).status);
		const free = maxStreams - 1;
		expect(statuses.filter((status) => status === 200)).toHaveLength(free);
		expect(statuses.filter((status) => status === 503)).toHaveLength(
			1000 - free,
		);
		expect(await metric(bridge, "streams")).toBe(maxStreams);
		expect(await limitReached(bridge, "maxStreams", server)).toBe(
			before + 1000 - free,
		);
		expect(residentMib(bridge.pid) - resident).toBeLessThan(allowedMib);
		for (const socket of sockets) socket.close();
		await eventually(
			async () =>
				(await metric(bridge, "streams")) === 1 &&
				(await metric(bridge, "sessions", { transport: "sse" })) === 1,
			"streams are left",
		);
		const next = await RawSocket.send(bridge, text);
		await next.until(/^HTTP\/1\.1 200 /);
		next.close();
		await eventually(
			async () => (await metric(bridge, "streams")) === 1,
			"the stream is left",
		);
	});
});
