import { beforeAll, describe, expect, test } from "vitest";
import type { Json } from "../harness/clients.ts";
import { type Exchanged, ModernClient } from "../harness/modern-client.ts";
import { eventually } from "../harness/processes.ts";
import {
	answerTo,
	call,
	elicit,
	elicitUrl,
	everyCapability,
	listRoots,
	type Question,
	questionsOf,
	responsesTo,
	sample,
} from "../harness/questions.ts";
import { recorded, recording } from "../harness/recorded.ts";
import { scratch } from "../harness/scratch.ts";
import { type Bridge, startBridge } from "../harness/start-bridge.ts";
import { serverStatus, textOf } from "../harness/status.ts";

/** What a modern client must not, or does not, answer: refused, asked again, or never asked. */

const file = scratch();
const record = file("record");

let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({
		servers: {
			raw: recording("legacy-raw", record),
			shared: recording("legacy-raw", file("shared"), { isolation: "shared" }),
		},
	});
});

const able = (capabilities: Json = everyCapability) =>
	new ModernClient(bridge, "raw", { capabilities });
const _answer = (entry: Json) => answerTo(entry as Question);

describe("inputResponses", () => {
	const script = { rounds: [[elicit("one"), sample("two")]] };
	const begin = (client: ModernClient) =>
		client.result("tools/call", call("ask", script));
	const retry = (client: ModernClient, more: Json): Promise<Exchanged> =>
		client.request("tools/call", { ...call("ask", script), ...more });
	const answered = JSON.stringify([
		[{ result: answerTo(elicit("one")) }, { result: answerTo(sample("two")) }],
	]);

	test("that lack an answer have that one asked again, and keep the others", async () => {
		const client = able();
		let asked = await begin(client);
		const inputRequests = asked.inputRequests as Json;
		const responses = responsesTo(asked);
		const [known, missing] = Object.keys(responses) as [string, string];
		const ask = async (inputResponses: Json) => {
			const { requestState } = asked;
			const { response } = await retry(client, {
				inputResponses,
				requestState,
			});
			asked = response.result ?? {};
			return response;
		};
		expect(questionsOf(asked)).toHaveLength(2);
		await ask({});
		expect(asked.inputRequests).toEqual(inputRequests);
		await ask({ [known]: responses[known] });
		expect(asked.resultType).toBe("input_required");
		expect(asked.inputRequests).toEqual({ [missing]: inputRequests[missing] });
		expect(textOf(await ask({ [missing]: responses[missing] }))).toBe(answered);
	});

	test("that are left out altogether have all asked again", async () => {
		const client = able();
		const { inputRequests, requestState } = await begin(client);
		const { response } = await retry(client, { requestState });
		expect(response.result?.inputRequests).toEqual(inputRequests);
	});

	test("may have more keys than were asked for: those are ignored", async () => {
		const client = able();
		const asked = await begin(client);
		const { response } = await retry(client, {
			inputResponses: {
				...responsesTo(asked),
				"nobody-asked": { action: "accept" },
				"nobody-asked-either": 5,
			},
			requestState: asked.requestState,
		});
		expect(textOf(response)).toBe(answered);
	});

	test("that are none are refused, and the call can still be completed", async () => {
		const client = able();
		const asked = await begin(client);
		const { requestState } = asked;
		const responses = responsesTo(asked);
		const [key] = Object.keys(responses) as [string];
		for (const inputResponses of [
			7,
			null,
			"text",
			[],
			{ ...responses, [key]: null },
			{ ...responses, [key]: "accept" },
		]) {
			const { response } = await retry(client, {
				inputResponses,
				requestState,
			});
			expect(response.error, JSON.stringify(inputResponses)).toMatchObject({
				code: -32602,
				data: { code: "INPUT_RESPONSES_INVALID" },
			});
		}
		const { response } = await retry(client, {
			inputResponses: responses,
			requestState,
		});
		expect(textOf(response)).toBe(answered);
	});
});

describe("a question that the client has not declared to answer", () => {
	test.each<[what: string, capabilities: Json, question: Question, Json]>([
		["anything", {}, elicit("?"), { elicitation: {} }],
		["anything", {}, listRoots, { roots: {} }],
		["elicitation", { sampling: {} }, elicit("?"), { elicitation: {} }],
		["URLs", { elicitation: {} }, elicitUrl("?"), { elicitation: { url: {} } }],
		["forms", { elicitation: { url: {} } }, elicit("?"), { elicitation: {} }],
		["sampling", { roots: {} }, sample("?"), { sampling: {} }],
		[
			"tools in sampling",
			{ sampling: {} },
			{
				...sample("?"),
				params: { ...sample("?").params, tools: [{ name: "t" }] },
			},
			{ sampling: { tools: {} } },
		],
		["roots", { elicitation: {} }, listRoots, { roots: {} }],
	])("is -32021 with status 400 that names it, and an error for the child: %s, by %j", async (_what, capabilities, question, required) => {
		const name = JSON.stringify([capabilities, question]);
		const { status, response } = await able(capabilities).request(
			"tools/call",
			call("ask", { rounds: [[question]], name }),
		);
		expect(status).toBe(400);
		expect(response.error).toMatchObject({
			code: -32021,
			data: { requiredCapabilities: required },
		});
		// And the child does not wait for an answer.
		await eventually(() => {
			const all = recorded(record);
			const asked = all.findIndex(
				({ message: { params } }) => (params?.arguments as Json)?.name === name,
			);
			return all
				.slice(asked)
				.some(
					({ pid, message: { id, error } }) =>
						pid === all[asked]?.pid &&
						error !== undefined &&
						String(id).startsWith("question"),
				);
		}, "the child got no answer to its question");
	});

	test("is refused at the child where it could be about another's call", async () => {
		const client = able({});
		const busy = await client.stream(
			"tools/call",
			call("hold", {
				name: "busy",
				messages: [
					{
						method: "notifications/progress",
						params: { progressToken: "own", progress: 0 },
					},
				],
			}),
			{ meta: { progressToken: 1 } },
		);
		await busy.message(({ method }) => method === "notifications/progress");
		const { dropped } = await serverStatus(bridge, "raw");
		const text = await client.text("ask", { rounds: [[elicit("whose?")]] });
		expect(JSON.parse(text)).toMatchObject([[{ error: { code: -32601 } }]]);
		expect((await serverStatus(bridge, "raw")).dropped).toEqual({
			...dropped,
			"question-on-shared-child":
				(dropped["question-on-shared-child"] ?? 0) + 1,
		});
		await client.text("release", { name: "busy" });
		await busy.ended;
		expect(busy.messages.map(({ method }) => method)).toEqual([
			"notifications/progress",
			undefined,
		]);
	});
});

test("with isolation 'shared' nobody is asked, whatever they declare: the child gets an error, and the call goes on", async () => {
	const client = new ModernClient(bridge, "shared", {
		capabilities: everyCapability,
	});
	const text = await client.text("ask", {
		rounds: [[elicit("?"), sample("?"), listRoots]],
	});
	const refused = { error: { code: -32601 } };
	expect(JSON.parse(text)).toMatchObject([[refused, refused, refused]]);
	expect((await serverStatus(bridge, "shared")).own).toEqual([]);
});
