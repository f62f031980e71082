import { beforeAll, describe, expect, test } from "vitest";
import type { Json } from "../harness/clients.ts";
import { droppedBy } from "../harness/dropped.ts";
import { ModernClient } from "../harness/modern-client.ts";
import { call, elicit, everyCapability } from "../harness/questions.ts";
import {
	type Message,
	RawClient,
	type SseReader,
} from "../harness/raw-http.ts";
import { cancelledCall, recordedOf, recording } from "../harness/recorded.ts";
import { scratch } from "../harness/scratch.ts";
import { type Bridge, startBridge } from "../harness/start-bridge.ts";
import { textOf } from "../harness/status.ts";

/** Log messages name no request: they go where it is certain whose they are, and to nobody else. */

const file = scratch();
const tool = "tools/call";
const children = ["legacy", "modern"] as const;

let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({
		servers: {
			legacy: recording("legacy-raw", file("legacy")),
			modern: recording("modern-raw", file("modern"), { protocol: "modern" }),
			// For cancelled calls: such a child may log on their behalf for ever.
			"legacy-late": recording("legacy-raw", file("legacy-late")),
			"modern-late": recording("modern-raw", file("modern-late"), {
				protocol: "modern",
			}),
			slow: recording("legacy-raw", file("slow"), { args: ["slow-level"] }),
		},
	});
});

const modern = (server: string) => new ModernClient(bridge, server);
const message = (level: string, data: unknown) => ({
	method: "notifications/message",
	params: { level, data, logger: "a logger" },
});
const progress = {
	method: "notifications/progress",
	params: { progressToken: "own", progress: 0 },
};
const isLog = ({ method }: Message) => method === "notifications/message";
const logged = (messages: readonly Message[]) =>
	messages.filter(isLog).map(({ params }) => [params?.level, params?.data]);

/** A call in flight of a modern client, which `release` ends. */
async function holding(
	server: string,
	name: string,
	{ logLevel, last = [] }: { logLevel?: string; last?: Json[] } = {},
): Promise<SseReader> {
	const stream = await modern(server).stream(
		tool,
		call("hold", { name, messages: [progress], last }),
		{ meta: { progressToken: name }, ...(logLevel && { logLevel }) },
	);
	await stream.message(({ method }) => method === progress.method);
	return stream;
}
const everyLevel = [
	"debug",
	"info",
	"notice",
	"warning",
	"error",
	"critical",
	"alert",
	"emergency",
];
const sayAll = (more: string[] = everyLevel) =>
	call("say", { messages: more.map((level) => message(level, { of: level })) });

describe("a modern client on a legacy child", () => {
	test.each([
		"debug",
		"warning",
		"emergency",
	])("gets with its request the messages from %s on, whole, if it asks for that", async (logLevel) => {
		const { notifications, response } = await modern("legacy").request(
			tool,
			sayAll(),
			{ logLevel },
		);
		expect(textOf(response)).toBe("said");
		const wanted = everyLevel.slice(everyLevel.indexOf(logLevel));
		expect(notifications).toEqual(
			wanted.map((level) => ({
				jsonrpc: "2.0",
				...message(level, { of: level }),
			})),
		);
		const levels = recordedOf(file("legacy"), "logging/setLevel");
		expect(levels.at(-1)?.params).toEqual({ level: logLevel });
	});

	test("gets its messages and is asked its questions also where the child is slow to set the level", async () => {
		const { notifications } = await modern("slow").request(
			tool,
			sayAll(["error"]),
			{ logLevel: "info" },
		);
		expect(logged(notifications)).toEqual([["error", { of: "error" }]]);
		const { status, response } = await modern("slow").request(
			tool,
			call("ask", { rounds: [[elicit("?")]] }),
			{ logLevel: "info" },
		);
		expect([status, response.error?.code]).toEqual([400, -32021]);
	});

	test("gets those of its call in every round of questions", async () => {
		const client = new ModernClient(bridge, "legacy", {
			capabilities: everyCapability,
			logLevel: "info",
		});
		const { notifications } = await client.request(tool, sayAll(["notice"]));
		expect(logged(notifications)).toEqual([["notice", { of: "notice" }]]);
	});
});

describe("a modern client on a modern child", () => {
	test("gets with its request what the child logs for it", async () => {
		const params = call("log", { level: "warning", data: "for you" });
		for (const [logLevel, seen] of [
			["debug", [["warning", "for you"]]],
			["warning", [["warning", "for you"]]],
			["error", []],
			[undefined, []],
		] as const) {
			const { notifications } = await modern("modern").request(tool, params, {
				...(logLevel && { logLevel }),
			});
			expect(logged(notifications), logLevel).toEqual(seen);
		}
	});

	test("gets it also beside a request that wants none of it", async () => {
		const others = [
			await holding("modern", "wants none"),
			await holding("modern", "wants errors", { logLevel: "error" }),
		];
		const { notifications } = await modern("modern").request(
			tool,
			call("log", { level: "warning", data: "for one" }),
			{ logLevel: "info" },
		);
		expect(logged(notifications)).toEqual([["warning", "for one"]]);
		for (const name of ["wants none", "wants errors"])
			await modern("modern").text("release", { name });
		for (const other of others) {
			await other.ended;
			expect(logged(other.messages)).toEqual([]);
		}
	});
});

describe.each(children)("on a %s child a log message", (server) => {
	test("is dropped and counted where the request asked for none", async () => {
		const before = await droppedBy(bridge, server);
		const { notifications } = await modern(server).request(
			tool,
			sayAll(["emergency", "debug"]),
		);
		expect(notifications).toEqual([]);
		expect(await droppedBy(bridge, server)).toBe(before + 2);
	});

	test("is dropped and counted where two requests want it, of one client or of two", async () => {
		const other = await holding(server, "other", { logLevel: "debug" });
		const before = await droppedBy(bridge, server);
		const { notifications } = await modern(server).request(
			tool,
			sayAll(["error"]),
			{ logLevel: "debug" },
		);
		expect(notifications).toEqual([]);
		expect(await droppedBy(bridge, server)).toBe(before + 1);
		await modern(server).text("release", { name: "other" });
		await other.ended;
		expect(logged(other.messages)).toEqual([]);
	});

	test("of a call that was cancelled goes to nobody, though just one other request wants some", async () => {
		const late = `${server}-late`;
		const last = [message("error", "the canceller's own")];
		const cancelled = await holding(late, "cancelled", {
			logLevel: "debug",
			last,
		});
		const other = await holding(late, "another's", { logLevel: "debug" });
		const before = await droppedBy(bridge, late);
		cancelled.close();
		await cancelledCall(file(late), "cancelled");
		await modern(late).text("release", { name: "another's" });
		await other.ended;
		expect(logged(other.messages)).toEqual([]);
		expect(await droppedBy(bridge, late)).toBe(before + 1);
	});

	test("goes to no legacy client while a modern one has a request in flight, and the other way round", async () => {
		const legacy = await RawClient.connect(bridge, server, "sse");
		const held = await holding(server, "modern's", { logLevel: "debug" });
		const params = sayAll(["error"]);
		await legacy.request({ jsonrpc: "2.0", id: 1, method: tool, params });
		await modern(server).text("release", { name: "modern's" });
		await held.ended;
		expect(logged(legacy.received)).toEqual([]);
		expect(logged(held.messages)).toEqual([]);

		await legacy.send({
			jsonrpc: "2.0",
			id: 2,
			method: tool,
			params: {
				...call("hold", { name: "legacy's", messages: [progress] }),
				_meta: { progressToken: 2 },
			},
		});
		await legacy.waitFor(({ method }) => method === progress.method);
		const { notifications } = await modern(server).request(tool, params, {
			logLevel: "debug",
		});
		expect(logged(notifications)).toEqual([]);
		await modern(server).text("release", { name: "legacy's" });
		await legacy.answer(2);
		expect(logged(legacy.received)).toEqual([]);
		legacy.close();
	});
});

describe.each([
	"sse",
	"streamable",
] as const)("over %s a legacy client on a modern child", (transport) => {
	const ask = (id: string, params: Json): Message => ({
		jsonrpc: "2.0",
		id,
		method: tool,
		params,
	});
	const log = (level: string) => call("log", { level, data: level });

	test("gets messages from info on, and once it has set a level, from that on", async () => {
		const client = await RawClient.connect(bridge, "modern", transport);
		const seen = async (id: string) => {
			client.received.length = 0;
			for (const level of ["debug", "info", "error"])
				await client.request(ask(`${id} ${level}`, log(level)));
			return logged(client.received).map(([level]) => level);
		};
		expect(await seen("unset")).toEqual(["info", "error"]);
		for (const [level, levels] of [
			["debug", ["debug", "info", "error"]],
			["warning", ["error"]],
			["emergency", []],
		] as const) {
			const { result } = await client.request({
				jsonrpc: "2.0",
				id: level,
				method: "logging/setLevel",
				params: { level },
			});
			expect(result).toEqual({});
			expect(await seen(level)).toEqual(levels);
		}
		const { error } = await client.request({
			jsonrpc: "2.0",
			id: "x",
			method: "logging/setLevel",
			params: { level: "loud" },
		});
		expect(error?.code).toBe(-32602);
		expect(recordedOf(file("modern"), "logging/setLevel")).toEqual([]);
		client.close();
	});

	test("gets none where another has a request in flight: it could be that one's", async () => {
		const [first, second] = await Promise.all(
			[1, 2].map(() => RawClient.connect(bridge, "modern", transport)),
		);
		if (!first || !second) throw new Error("unreachable");
		await first.send(
			ask("held", {
				...call("hold", { name: "a legacy one", messages: [progress] }),
				_meta: { progressToken: 1 },
			}),
		);
		await first.waitFor(({ method }) => method === progress.method);
		await second.request(ask("logs", log("error")));
		await second.text("r", "release", { name: "a legacy one" });
		await first.answer("held");
		for (const client of [first, second]) {
			expect(logged(client.received)).toEqual([]);
			client.close();
		}
	});
});
