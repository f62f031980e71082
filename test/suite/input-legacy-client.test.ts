import { beforeAll, describe, expect, test } from "vitest";
import {
	connect,
	dialects,
	type Json,
	transports,
} from "../harness/clients.ts";
import {
	answerTo,
	askingRequests,
	call,
	elicit,
	elicitUrl,
	everyCapability,
	listRoots,
	type Question,
	sample,
} from "../harness/questions.ts";
import { type Message, RawClient } from "../harness/raw-http.ts";
import { recordedOf, recording } from "../harness/recorded.ts";
import { scratch } from "../harness/scratch.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import { serverStatus, textOf } from "../harness/status.ts";

/** A modern child's `input_required` becomes questions to a legacy client, and the call is sent again with its answers. */

const file = scratch();
const record = file("record");
const tool = "tools/call";

let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({
		servers: {
			raw: recording("modern-raw", record, { protocol: "modern" }),
			everything: fixture("everything-modern", [], { protocol: "modern" }),
		},
	});
});

/** What no JSON library may change, and nobody may look into. */
const oddState =
	' { "a": 1 }\\ \u0000\u2028 é 漢 🙂 \ud800 =%2B+/"</script>\r\n'.repeat(3);

const answers = Object.fromEntries(
	["elicitation/create", "sampling/createMessage", "roots/list"].map(
		(method) => [
			method,
			(params: Json) =>
				// A question without params is asked without them.
				answerTo({
					method,
					...(Object.keys(params).length > 0 && { params }),
				}),
		],
	),
);

describe.each(
	dialects,
)("a modern child asks the $sdk client over $transport", (dialect) => {
	test.each<[tool: string, args: Json, expected: Json]>([
		["elicit-form", { message: "Who?" }, { action: "accept" }],
		["elicit-url", { url: "https://example.com/é" }, { action: "accept" }],
		["sample", { prompt: "Say it" }, { model: "a-model" }],
		["roots", {}, { roots: [{ uri: "file:///home/somebody" }] }],
	])("by the tool %s, and gets its answer", async (name, args, expected) => {
		const client = await connect(bridge, "everything", {
			...dialect,
			capabilities: everyCapability,
			answers,
		});
		expect(JSON.parse(await client.text(name, args))).toMatchObject(expected);
		await client.close();
	});

	test("in several rounds, several questions at once", async () => {
		const asked: Question[] = [];
		const client = await connect(bridge, "raw", {
			...dialect,
			capabilities: everyCapability,
			answers: Object.fromEntries(
				Object.entries(answers).map(([method, answer]) => [
					method,
					(params: Json) => {
						asked.push({ method, params });
						return answer(params);
					},
				]),
			),
		});
		const rounds = [
			{ form: elicit("first"), "a model": sample("second"), "": listRoots },
			{ again: elicit("third") },
		];
		const args = { rounds, states: [oddState, "second"] };
		expect(JSON.parse(await client.text("ask", args))).toEqual({
			inputResponses: { again: answerTo(elicit("third")) },
			requestState: "second",
		});
		expect(asked.map(({ method }) => method).sort()).toEqual([
			"elicitation/create",
			"elicitation/create",
			"roots/list",
			"sampling/createMessage",
		]);
		await client.close();
	});
});

/** A client that answers nothing by itself. */
const open = (
	transport: "sse" | "streamable",
	capabilities: Json = everyCapability,
) => RawClient.connect(bridge, "raw", transport, { capabilities });
const isQuestion = ({ id, method }: Message) =>
	id !== undefined && method !== undefined;
/** Waits until so many questions have come; gives them all. */
async function questionsTo(client: RawClient, count: number) {
	await client.waitFor(
		() => client.received.filter(isQuestion).length >= count,
		`${count} questions`,
	);
	return client.received.filter(isQuestion);
}
const reply = (client: RawClient, { id }: Message, result: Json) =>
	client.send({ jsonrpc: "2.0", id: id as string, result });
const request = (id: string | number, method: string, params: Json) => ({
	jsonrpc: "2.0" as const,
	id,
	method,
	params,
});
const callsNamed = (name: string) =>
	recordedOf(record, tool).filter(
		({ params }) => (params?.arguments as Json).name === name,
	);

describe.each(
	transports,
)("over %s a modern child's input_required", (transport) => {
	test.each(
		askingRequests,
	)("during %s is asked whole; its state and its keys come back byte for byte", async (method, paramsOf, textIn) => {
		const client = await open(transport);
		// In a URI as in JSON it is the same.
		const name = `${transport}-${method.replace("/", "-")}`;
		const rounds = [
			{ "k/1": elicit("é 漢 🙂"), "": sample("two") },
			null,
			{ url: elicitUrl("three") },
		];
		const states = [oddState, `${oddState}!`, undefined];
		await client.send(request("r", method, paramsOf({ rounds, states, name })));
		const [first, second] = await questionsTo(client, 2);
		expect([first, second].map((one) => [one?.method, one?.params])).toEqual([
			["elicitation/create", elicit("é 漢 🙂").params],
			["sampling/createMessage", sample("two").params],
		]);
		// They may be answered in any order.
		await reply(client, second as Message, answerTo(sample("two")));
		await reply(client, first as Message, answerTo(elicit("é 漢 🙂")));
		const [, , third] = await questionsTo(client, 3);
		expect(third).toMatchObject(elicitUrl("three"));
		// What a legacy client needs to match a completion with.
		expect(third?.params?.elicitationId).toEqual(expect.any(String));
		await reply(client, third as Message, { action: "accept" });

		const { result } = await client.answer("r");
		expect(JSON.parse(textIn(result ?? {}) ?? "")).toEqual({
			inputResponses: { url: { action: "accept" } },
		});
		expect(result).not.toHaveProperty("resultType");
		const brought = recordedOf(record, method)
			.filter(({ params }) => JSON.stringify(params).includes(name))
			.map(({ params }) => [params?.requestState, params?.inputResponses]);
		expect(brought).toEqual([
			[undefined, undefined],
			[
				oddState,
				{
					"k/1": answerTo(elicit("é 漢 🙂")),
					"": answerTo(sample("two")),
				},
			],
			[`${oddState}!`, undefined],
			[undefined, { url: { action: "accept" } }],
		]);
		client.close();
	});

	test("may come ten times, and the eleventh time ends the call", async () => {
		const client = await open(transport);
		const states = Array.from({ length: 11 }, (_, index) => `state ${index}`);
		const ask = (id: string, count: number) => ({
			...request(
				id,
				tool,
				call("ask", {
					rounds: states.slice(0, count).map(() => ({ q: listRoots })),
					states: states.slice(0, count),
					name: `${transport} ${id}`,
				}),
			),
		});
		let seen = 0;
		const answerNext = async (count: number) => {
			for (let round = 0; round < count; round++) {
				const question = (await questionsTo(client, ++seen))[seen - 1];
				await reply(client, question as Message, { roots: [] });
			}
		};
		await client.send(ask("ten", 10));
		await answerNext(10);
		expect(JSON.parse(textOf(await client.answer("ten")))).toEqual({
			inputResponses: { q: { roots: [] } },
			requestState: "state 9",
		});

		await client.send(ask("eleven", 11));
		await answerNext(10);
		const { error } = await client.answer("eleven");
		expect(error?.message).toContain("more than 10 times");
		expect(client.received.filter(isQuestion)).toHaveLength(20);
		expect(callsNamed(`${transport} eleven`)).toHaveLength(11);
		client.close();
	});

	test("that the client answers with an error ends the call with an error that says so", async () => {
		const client = await open(transport);
		const name = `${transport} refuses`;
		await client.send(
			request(
				"r",
				tool,
				call("ask", {
					rounds: [{ one: elicit("1"), two: elicit("2") }],
					name,
				}),
			),
		);
		const [first, second] = await questionsTo(client, 2);
		await client.send({
			jsonrpc: "2.0",
			id: first?.id as string,
			error: { code: -1, message: "The user has left" },
		});
		const { error } = await client.answer("r");
		expect(error).toMatchObject({
			data: { code: "INPUT_REFUSED", cause: { code: -1 } },
		});
		expect(error?.message).toContain("The user has left");
		// The other question is open no longer, and the child hears of nothing.
		await client.waitFor(
			({ method, params }) =>
				method === "notifications/cancelled" &&
				params?.requestId === second?.id,
		);
		expect(callsNamed(name)).toHaveLength(1);
		client.close();
	});

	test("that asks for what the client has not declared is an error, and asks it nothing", async () => {
		const client = await open(transport, { elicitation: {} });
		const undeclared: [Question, string][] = [
			[sample("?"), "sampling/createMessage"],
			[listRoots, "roots/list"],
			[elicitUrl("?"), "elicitation/create"],
			[{ method: "example/thing" }, '"q"'],
		];
		for (const [question, named] of undeclared) {
			const { error } = await client.request(
				request(
					named,
					tool,
					call("ask", {
						// The client could answer the first of the two.
						rounds: [{ ok: elicit("?"), q: question }],
					}),
				),
			);
			expect(error).toMatchObject({ data: { code: "INPUT_NOT_POSSIBLE" } });
			expect(error?.message).toContain(named);
		}
		expect(client.received.filter(isQuestion)).toEqual([]);
		client.close();
	});

	test("is withdrawn when the client cancels its call meanwhile, and its answers go nowhere", async () => {
		const client = await open(transport);
		const name = `${transport} cancelled`;
		await client.send(
			request(7, tool, call("ask", { rounds: [{ q: elicit("?") }], name })),
		);
		const [question] = await questionsTo(client, 1);
		const { dropped } = await serverStatus(bridge, "raw");
		await client.send({
			jsonrpc: "2.0",
			method: "notifications/cancelled",
			params: { requestId: 7 },
		});
		await client.waitFor(
			({ method, params }) =>
				method === "notifications/cancelled" &&
				params?.requestId === question?.id,
		);
		await reply(client, question as Message, answerTo(elicit("?")));
		expect(await client.text("behind", "say")).toBe("said");
		expect(callsNamed(name)).toHaveLength(1);
		const kind = "answer-to-no-question";
		expect((await serverStatus(bridge, "raw")).dropped).toEqual({
			...dropped,
			[kind]: (dropped[kind] ?? 0) + 1,
		});
		client.close();
	});

	test("leaves the client's progress token to every round", async () => {
		const client = await open(transport);
		await client.send(
			request("r", tool, {
				...call("ask", {
					rounds: [{ q: listRoots }, { q: listRoots }],
					states: ["one", "two"],
					steps: true,
				}),
				_meta: { progressToken: 0 },
			}),
		);
		for (const round of [1, 2]) {
			const question = (await questionsTo(client, round))[round - 1];
			await reply(client, question as Message, { roots: [] });
		}
		await client.answer("r");
		const progress = client.received.filter(
			({ method }) => method === "notifications/progress",
		);
		expect(progress.map(({ params }) => params)).toEqual([
			{ progressToken: 0, progress: 0 },
			{ progressToken: 0, progress: 1 },
			{ progressToken: 0, progress: 2 },
		]);
		client.close();
	});
});

test("clients that are asked at the same time on one modern child get their own questions, and answer their own calls", async () => {
	const clients = await Promise.all(
		Array.from({ length: 6 }, async (_, index) => {
			const name = `client ${index}`;
			const client = await open(transports[index % 2] as "sse");
			await client.send(
				// All use the same id and ask under the same key.
				request(1, tool, call("ask", { rounds: [{ q: elicit(name) }] })),
			);
			return { client, name };
		}),
	);
	for (const { client, name } of clients.toReversed()) {
		const [question, ...more] = await questionsTo(client, 1);
		expect(question).toMatchObject(elicit(name));
		expect(more).toEqual([]);
		await reply(client, question as Message, answerTo(elicit(name)));
	}
	for (const { client, name } of clients) {
		expect(JSON.parse(textOf(await client.answer(1)))).toEqual({
			inputResponses: { q: answerTo(elicit(name)) },
		});
		client.close();
	}
	expect((await serverStatus(bridge, "raw")).spawned).toBe(1);
});
