import { beforeAll, describe, expect, test } from "vitest";
import { answeredUntil } from "../harness/answered-until.ts";
import { callMessage } from "../harness/call-message.ts";
import { residentMib } from "../harness/memory.ts";
import { limitReached, metric } from "../harness/metrics.ts";
import { ModernClient, modernRevision } from "../harness/modern-client.ts";
import { eventually, isRunning } from "../harness/processes.ts";
import { RawClient } from "../harness/raw-http.ts";
import {
	head,
	postRaw,
	postText,
	type RawAnswer,
	RawSocket,
} from "../harness/raw-socket.ts";
import { linesOf, scratch } from "../harness/scratch.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import { callOnce, textOf } from "../harness/status.ts";

/**
 * Children that do not read, or say too much: they cost little, and nobody but their own clients. Answers that come twice,
 * or to nobody, and floods on stderr are in children-output.test.ts.
 */

const MiB = 2 ** 20;
/** What the bridge may hold more than before, in MiB, where more is sent to who does not read. */
const allowedMib = 250;
const file = scratch();
const json = ({ body }: RawAnswer) =>
	JSON.parse(body.slice(body.indexOf("{"), body.lastIndexOf("}") + 1));

describe("a child that stops reading", () => {
	const count = 100;
	const maxQueueBytes = 16 * MiB;
	const filler = "x".repeat(MiB);
	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({
			servers: {
				asked: fixture("flooding", [], { maxQueueBytes }),
				told: fixture("recorder", [], {
					maxQueueBytes,
					env: { RECORD_FILE: file("told") },
				}),
				modern: fixture("modern-raw", [], {
					maxQueueBytes,
					protocol: "modern",
					env: { RECORD_FILE: file("modern") },
				}),
				cancelled: fixture("flooding", [], { maxQueue: 5 }),
				other: fixture("flooding"),
			},
		});
	});

	/** Its process, stopped. */
	async function stopped(server: string): Promise<number> {
		const answer = await callOnce(bridge, server, "pid");
		const pid = Number(textOf(answer));
		process.kill(pid, "SIGSTOP");
		return pid;
	}

	test("has at most maxQueueBytes wait for it, and answers all that was accepted once it reads on, each call once; other servers are served meanwhile", async () => {
		const other = await RawClient.connect(bridge, "other", "sse");
		const pid = await stopped("asked");
		const resident = residentMib(bridge.pid);
		const answers: RawAnswer[] = [];
		const calls: Promise<unknown>[] = [];
		const send = async (id: number) => {
			const message = callMessage(id, "echo", { message: `${id}`, filler });
			answers.push(await postRaw(bridge, "/servers/asked/mcp", message));
		};
		// No more on its way at a time than can be held here too.
		const settled = async () =>
			answers.length + (await metric(bridge, "requests_unanswered"));
		for (let sent = 0; sent < count; sent += 10) {
			for (let id = sent; id < sent + 10; id++) calls.push(send(id));
			await answeredUntil(
				other,
				async () => (await settled()) >= sent + 10,
				"calls are neither refused nor accepted",
			);
		}
		const refused = [...answers];
		expect(refused.length).toBeGreaterThan(count / 2);
		for (const answer of refused) {
			expect(answer.status).toBe(200);
			expect(json(answer).error).toMatchObject({
				code: -32005,
				data: { code: "QUEUE_FULL", limit: "maxQueueBytes" },
			});
		}
		expect(await limitReached(bridge, "maxQueueBytes", "asked")).toBe(
			refused.length,
		);
		expect(residentMib(bridge.pid) - resident).toBeLessThan(allowedMib);

		process.kill(pid, "SIGCONT");
		await Promise.all(calls);
		const accepted = answers.slice(refused.length);
		expect(accepted.length).toBeGreaterThan(5);
		for (const answer of accepted) {
			const { id, result } = json(answer);
			expect(result.content[0].text).toBe(String(id));
		}
		const ids = answers.map((answer) => json(answer).id);
		expect(new Set(ids).size).toBe(count);
		const made = JSON.parse(textOf(await callOnce(bridge, "asked", "calls")));
		expect(made.echo).toBe(accepted.length);
		expect(await callOnce(bridge, "asked", "pid")).toMatchObject({
			result: { content: [{ text: String(pid) }] },
		});
		other.close();
	}, 180_000);

	test("has at most maxQueueBytes of notifications wait for it, in their order; the rest is dropped and counted", async () => {
		const client = await RawClient.connect(bridge, "told", "streamable");
		const other = await RawClient.connect(bridge, "other", "sse");
		const { pid } = (
			await fetch(`${bridge.url}/status`).then((response) => response.json())
		).servers.told.shared;
		process.kill(pid, "SIGSTOP");
		const resident = residentMib(bridge.pid);
		const method = "notifications/example.com/large";
		const dropped = () =>
			metric(bridge, "messages_dropped_total", { server: "told" });
		const before = await dropped();
		for (let step = 0; step < count; step++) {
			const message = { jsonrpc: "2.0", method, params: { step, filler } };
			const { status } = await postRaw(
				bridge,
				"/servers/told/mcp",
				message,
				client.headers,
			);
			expect(status).toBe(202);
		}
		await answeredUntil(other, async () => true, "nothing");
		const lost = (await dropped()) - before;
		expect(lost).toBeGreaterThan(count / 2);
		expect(await limitReached(bridge, "maxQueueBytes", "told")).toBe(lost);
		expect(residentMib(bridge.pid) - resident).toBeLessThan(allowedMib);

		process.kill(pid, "SIGCONT");
		await client.request(callMessage("last", "echo"));
		const steps = linesOf(file("told"))
			.map((line) => JSON.parse(line))
			.filter((message) => message.method === method)
			.map(({ params }) => params.step);
		expect(steps).toEqual(Array.from({ length: count - lost }, (_, n) => n));
		client.close();
		other.close();
	}, 180_000);

	test("has room again for each call that is cancelled while it waits", async () => {
		const client = await RawClient.connect(bridge, "cancelled", "sse");
		const pid = await stopped("cancelled");
		const waits = (most: number) =>
			eventually(
				async () =>
					(await metric(bridge, "requests_waiting", {
						server: "cancelled",
					})) === most,
				`there are not ${most} calls that wait`,
			);
		// More than the pipe holds and may be written ahead.
		const large = { message: "first", filler: filler.repeat(3) };
		await client.send(callMessage("first", "echo", large));
		for (let round = 0; round < 3; round++) {
			for (let id = 0; id < 5; id++)
				await client.send(callMessage(`${round} ${id}`, "echo"));
			await waits(5);
			await client.send(callMessage(`${round} more`, "echo"));
			expect((await client.answer(`${round} more`)).error).toMatchObject({
				data: { code: "QUEUE_FULL", limit: "maxQueue" },
			});
			for (let id = 0; id < 5; id++)
				await client.send({
					jsonrpc: "2.0",
					method: "notifications/cancelled",
					params: { requestId: `${round} ${id}` },
				});
			await waits(0);
		}
		process.kill(pid, "SIGCONT");
		expect(textOf(await client.answer("first"))).toBe("first");
		const made = JSON.parse(await client.text("calls", "calls"));
		expect(made.echo).toBe(1);
		client.close();
	});

	test("is not written subscriptions that are opened and closed again and again", async () => {
		const other = await RawClient.connect(bridge, "other", "sse");
		const open = await metric(bridge, "streams");
		const client = new ModernClient(bridge, "modern");
		// The bridge has one of its own.
		const listens = await client.text("listens");
		const pid = Number(await client.text("pid"));
		process.kill(pid, "SIGSTOP");
		const resident = residentMib(bridge.pid);
		const method = "subscriptions/listen";
		const resourceSubscriptions = [`file:///${filler}`];
		const listen = postText(
			bridge,
			"/servers/modern/mcp",
			client.message(method, { notifications: { resourceSubscriptions } }),
			{ "mcp-protocol-version": modernRevision, "mcp-method": method },
		);
		for (let times = 0; times < count; times++) {
			const socket = await RawSocket.send(bridge, listen);
			await socket.until(/^HTTP\/1\.1 \d+/);
			socket.close();
		}
		await answeredUntil(
			other,
			async () => (await metric(bridge, "streams")) === open,
			"streams are left",
		);
		expect(residentMib(bridge.pid) - resident).toBeLessThan(allowedMib);
		process.kill(pid, "SIGCONT");
		expect(await client.text("listens")).toBe(listens);
		other.close();
	}, 180_000);

	test("does not keep the bridge from ending", async () => {
		const short = await startBridge({
			servers: { one: fixture("flooding", [], { stopTimeoutMs: 100 }) },
			drainTimeoutMs: 100,
		});
		const pid = Number(textOf(await callOnce(short, "one", "pid")));
		process.kill(pid, "SIGSTOP");
		const answer = callOnce(short, "one", "echo").catch(() => {});
		await eventually(
			async () => (await metric(short, "requests_in_flight")) === 1,
			"the call is not in flight",
		);
		expect(await short.stop()).toEqual({ code: 0, signal: null });
		expect(isRunning(pid)).toBe(false);
		await answer;
	});
});

describe("a child that floods", () => {
	const count = 100_000;
	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({
			servers: {
				shared: fixture("flooding"),
				own: fixture("flooding", [], { isolation: "session" }),
				pings: fixture("flooding", ["pings"], { isolation: "session" }),
				other: fixture("flooding"),
			},
		});
	});

	const inFlight = (server: string) =>
		metric(bridge, "requests_in_flight", { server });
	const dropped = () =>
		metric(bridge, "messages_dropped_total", { server: "shared" });

	test("its clients with log messages and progress of no request that are nobody's: all are dropped and counted, and its calls are answered", async () => {
		const [client, silent] = await Promise.all([
			RawClient.connect(bridge, "shared", "sse"),
			RawClient.connect(bridge, "shared", "sse"),
		]);
		const other = await RawClient.connect(bridge, "other", "sse");
		const resident = residentMib(bridge.pid);
		const flood = { kind: "mixed", count };
		await client.send(callMessage("flood", "flood", { ...flood, bytes: 20 }));
		let most = 0;
		await answeredUntil(
			other,
			async () => {
				most = Math.max(most, residentMib(bridge.pid));
				return (await inFlight("shared")) === 0;
			},
			"the flood does not end",
		);
		expect(textOf(await client.answer("flood"))).toBe("flooded");
		const logs = ({ received }: RawClient) =>
			received.filter(({ method }) => method === "notifications/message");
		expect(logs(silent)).toHaveLength(0);
		expect((await dropped()) + logs(client).length).toBe(count);
		const strays = await metric(bridge, "messages_dropped_total", {
			server: "shared",
			kind: "progress-of-no-request",
		});
		expect(strays).toBe(count / 2);
		expect(most - resident).toBeLessThan(allowedMib);
		expect(await silent.text(1, "echo", { message: "hello" })).toBe("hello");
		for (const each of [client, silent, other]) each.close();
	}, 180_000);

	test("a client that reads with log messages: it gets every one, in their order, and others are answered meanwhile", async () => {
		const client = await RawClient.connect(bridge, "own", "streamable");
		const other = await RawClient.connect(bridge, "other", "sse");
		const stream = await RawSocket.send(
			bridge,
			head(bridge, "GET", "/servers/own/mcp", client.headers),
		);
		await stream.until(/^id: /m);
		const flood = { kind: "log", first: true, count, bytes: 20 };
		expect(await client.text(1, "flood", flood)).toBe("flooding");
		await answeredUntil(
			other,
			async () => stream.received.slice(-4000).includes(`${count} xxx`),
			"the last message does not come",
		);
		// Without the chunks of HTTP, which may begin anywhere.
		const text = stream.received.replace(/\r\n[0-9a-f]+\r\n/g, "");
		const steps = [...text.matchAll(/"data":"(\d+) x/g)].map(([, step]) =>
			Number(step),
		);
		expect(steps).toHaveLength(count);
		expect(steps.every((step, index) => step === index + 1)).toBe(true);
		stream.close();
		client.close();
		other.close();
	}, 180_000);

	test("the bridge with pings, and does not read the answers: they do not pile up", async () => {
		const client = await RawClient.connect(bridge, "pings", "sse");
		const other = await RawClient.connect(bridge, "other", "sse");
		const resident = residentMib(bridge.pid);
		const flood = { count: 800, bytes: MiB / 2 };
		await client.send(callMessage("flood", "flood", flood));
		let most = 0;
		await answeredUntil(
			other,
			async () => {
				most = Math.max(most, residentMib(bridge.pid));
				return (await inFlight("pings")) === 0;
			},
			"the flood does not end",
		);
		expect(most - resident).toBeLessThan(allowedMib);
		client.close();
		other.close();
	}, 180_000);
});
