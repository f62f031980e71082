import { beforeAll, describe, expect, test } from "vitest";
import type { Json } from "../harness/clients.ts";
import { ModernClient } from "../harness/modern-client.ts";
import {
	answerTo,
	asAsked,
	askingRequests,
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
import { recordedOf, recording } from "../harness/recorded.ts";
import { scratch } from "../harness/scratch.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import { textOf } from "../harness/status.ts";

/** What a legacy child asks becomes `input_required` for a modern client, and its answers come back. */

const file = scratch();
const record = file("raw");

let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({
		servers: {
			everything: fixture("everything"),
			raw: recording("legacy-raw", record),
			modern: recording("modern-raw", file("modern"), { protocol: "modern" }),
		},
	});
});

const able = (server = "raw", capabilities: Json = everyCapability) =>
	new ModernClient(bridge, server, { capabilities });
const answer = (entry: Json) => answerTo(entry as Question);

describe("a question of a legacy child", () => {
	test.each<[tool: string, args: Json, question: Question]>([
		[
			"elicit-form",
			{ message: "Who?" },
			{
				method: "elicitation/create",
				params: {
					mode: "form",
					message: "Who?",
					requestedSchema: {
						type: "object",
						properties: {
							name: { type: "string", title: "Name", default: "nobody" },
							age: { type: "integer", minimum: 0 },
							colour: { type: "string", enum: ["red", "green"] },
						},
						required: ["name"],
					},
				},
			},
		],
		[
			"elicit-url",
			{ url: "https://example.com/é" },
			{
				method: "elicitation/create",
				params: {
					mode: "url",
					message: "Please sign in",
					url: "https://example.com/é",
				},
			},
		],
		[
			"sample",
			{ prompt: "Say it" },
			{
				method: "sampling/createMessage",
				params: {
					messages: [
						{ role: "user", content: { type: "text", text: "Say it" } },
					],
					systemPrompt: "Be brief",
					maxTokens: 50,
					modelPreferences: { hints: [{ name: "small" }], speedPriority: 0.9 },
				},
			},
		],
		["roots", {}, listRoots],
	])("by the tool %s reaches a modern client whole, and so does the answer the child", async (tool, args, question) => {
		const { result, rounds } = await able("everything").complete(
			"tools/call",
			call(tool, args),
			answer,
		);
		expect(rounds[0]).toEqual({
			resultType: "input_required",
			inputRequests: expect.any(Object),
			requestState: expect.any(String),
			_meta: {
				"io.modelcontextprotocol/serverInfo": expect.objectContaining({
					name: "everything-fixture",
				}),
			},
		});
		expect(rounds.map(questionsOf)).toEqual([[asAsked(question)]]);
		expect(result.resultType).toBe("complete");
		expect(JSON.parse(textOf({ jsonrpc: "2.0", result }))).toEqual(
			answerTo(asAsked(question)),
		);
	});

	test.each(
		askingRequests,
	)("is asked during %s, in any number of rounds, several at once", async (method, paramsOf, textIn) => {
		const questions = [
			[elicit("first"), sample("second"), listRoots],
			[elicitUrl("third")],
			[sample("fourth"), sample("fifth")],
		];
		const { result, rounds } = await able().complete(
			method,
			paramsOf({ rounds: questions }),
			answer,
		);
		expect(rounds.map(questionsOf)).toEqual(
			questions.map((round) => round.map(asAsked)),
		);
		expect(JSON.parse(textIn(result) ?? "")).toEqual(
			questions.map((round) =>
				round.map((question) => ({ result: answerTo(asAsked(question)) })),
			),
		);
	});

	test("goes to the client whose call it came with, though many ask and answer at the same time", async () => {
		const labels = Array.from({ length: 6 }, (_, index) => `client ${index}`);
		// They are called the same and can do the same: only their calls tell them apart.
		const clients = labels.map((label) => ({ label, client: able() }));
		const first = await Promise.all(
			clients.map(({ client, label }) =>
				client.result(
					"tools/call",
					call("ask", { rounds: [[elicit(label)], [sample(label)]] }),
				),
			),
		);
		expect(first.map(questionsOf)).toEqual(
			labels.map((label) => [elicit(label)]),
		);
		const second = await Promise.all(
			// The last is answered first.
			clients.toReversed().map(({ client, label }, index) => {
				const asked = first.toReversed()[index] as Json;
				return client.complete(
					"tools/call",
					{
						...call("ask", { rounds: [[elicit(label)], [sample(label)]] }),
						inputResponses: responsesTo(asked),
						requestState: asked.requestState,
					},
					answer,
				);
			}),
		);
		expect(second.map(({ rounds }) => rounds.map(questionsOf))).toEqual(
			labels.toReversed().map((label) => [[sample(label)]]),
		);
		expect(
			second.map(({ result }) =>
				JSON.parse(textOf({ jsonrpc: "2.0", result })),
			),
		).toEqual(
			labels
				.toReversed()
				.map((label) => [
					[{ result: answerTo(elicit(label)) }],
					[{ result: answerTo(sample(label)) }],
				]),
		);
	});

	test("is one call at the child, which sees nothing of the rounds", async () => {
		const args = { rounds: [[elicit("a")], [elicit("b")]], name: "one call" };
		await able().complete("tools/call", call("ask", args), answer);
		const calls = recordedOf(record, "tools/call").filter(
			({ params }) => (params?.arguments as Json).name === "one call",
		);
		expect(calls).toHaveLength(1);
		expect(calls[0]?.params).toEqual({
			...call("ask", args),
			_meta: { progressToken: expect.anything() },
		});
	});

	test("that the user declines or dismisses is answered with that", async () => {
		for (const action of ["decline", "cancel"]) {
			const { result } = await able().complete(
				"tools/call",
				call("ask", { rounds: [[elicit("Well?")]] }),
				() => ({ action }),
			);
			expect(JSON.parse(textOf({ jsonrpc: "2.0", result }))).toEqual([
				[{ result: { action } }],
			]);
		}
	});

	test("that no client can be asked is answered with an error, and the call goes on", async () => {
		const question = { method: "example/thing", params: { a: 1 } };
		const text = await able().text("ask", { rounds: [[question]] });
		expect(JSON.parse(text)).toMatchObject([[{ error: { code: -32601 } }]]);
	});

	test("leaves progress to the request that is open: each has a token of its own, or none", async () => {
		const client = able();
		const params = call("ask", {
			rounds: [[elicit("a")], [elicit("b")], [elicit("c")]],
			steps: true,
		});
		const tokens = ["first", 2, undefined, 0];
		const seen: unknown[] = [];
		let retry: Json = {};
		for (const progressToken of tokens) {
			const { response, notifications } = await client.request(
				"tools/call",
				{ ...params, ...retry },
				{ meta: progressToken === undefined ? {} : { progressToken } },
			);
			seen.push(
				notifications.map((message) => [
					message.method,
					message.params?.progressToken,
					message.params?.progress,
				]),
			);
			retry = {
				inputResponses: responsesTo(response.result ?? {}),
				requestState: response.result?.requestState,
			};
		}
		const progress = "notifications/progress";
		expect(seen).toEqual([
			[[progress, "first", 0]],
			[[progress, 2, 1]],
			[],
			[[progress, 0, 3]],
		]);
	});
});

test.each(
	askingRequests,
)("a modern child's own input_required during %s passes to a modern client as it is, and so does the retry", async (method, paramsOf, textIn) => {
	const rounds = [{ "k/1": elicit("one"), "": sample("two") }, null];
	const states = ["{ a state }\\ é\u2028", "another"];
	const client = able("modern");
	const first = await client.result(method, paramsOf({ rounds, states }));
	expect(first).toMatchObject({
		resultType: "input_required",
		inputRequests: rounds[0],
		requestState: states[0],
	});
	const retry = { inputResponses: responsesTo(first), requestState: states[0] };
	const second = await client.result(method, {
		...paramsOf({ rounds, states }),
		...retry,
	});
	expect(second).toMatchObject({ requestState: states[1] });
	expect(second).not.toHaveProperty("inputRequests");
	const { result } = await client.complete(
		method,
		{ ...paramsOf({ rounds, states }), requestState: states[1] },
		answer,
	);
	expect(JSON.parse(textIn(result) ?? "")).toEqual({ requestState: states[1] });
	const brought = recordedOf(file("modern"), method).map(
		({ params }) => params?.inputResponses,
	);
	expect(brought).toEqual([undefined, retry.inputResponses, undefined]);
});
