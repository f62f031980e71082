import { beforeAll, describe, expect, test } from "vitest";
import type { Json } from "../harness/clients.ts";
import { ModernClient } from "../harness/modern-client.ts";
import {
	answerTo,
	call,
	everyCapability,
	type Question,
	questionsOf,
	responsesTo,
} from "../harness/questions.ts";
import { recording } from "../harness/recorded.ts";
import { scratch } from "../harness/scratch.ts";
import { type Bridge, startBridge } from "../harness/start-bridge.ts";
import { serverStatus, textOf } from "../harness/status.ts";

/** Revision 2025-11-25 sends the user to URLs by error -32042; the next one asks for that by input_required. */

const file = scratch();
const record = file("record");

let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({
		servers: { raw: recording("legacy-raw", record) },
	});
});

const able = (capabilities: Json = everyCapability) =>
	new ModernClient(bridge, "raw", { capabilities });
const answer = (entry: Json) => answerTo(entry as Question);

describe("a legacy child's error -32042", () => {
	const elicitations = ["one", "two"].map((id) => ({
		mode: "url",
		message: `Sign in to ${id}`,
		url: `https://example.com/${id}`,
		elicitationId: id,
	}));
	const required = (times = 1) => call("url-required", { elicitations, times });
	const opens = { elicitation: { url: {} } };

	test("becomes input_required with its URLs, and the call is sent again when they are opened", async () => {
		const { result, rounds } = await able(opens).complete(
			"tools/call",
			required(),
			answer,
		);
		expect(rounds.map(questionsOf)).toEqual([
			elicitations.map(({ elicitationId, ...params }) => ({
				method: "elicitation/create",
				params,
			})),
		]);
		expect(textOf({ jsonrpc: "2.0", result })).toBe("done");
	});

	test("that one client has dealt with is another's again: it gets a child of its own", async () => {
		for (const who of ["first", "second"]) {
			const { rounds } = await able(opens).complete(
				"tools/call",
				required(),
				answer,
			);
			expect(rounds, who).toHaveLength(1);
		}
	});

	test("that comes again is asked again", async () => {
		const { result, rounds } = await able(opens).complete(
			"tools/call",
			required(3),
			answer,
		);
		expect(rounds).toHaveLength(3);
		expect(textOf({ jsonrpc: "2.0", result })).toBe("done");
	});

	test("whose URL the user does not open is an error that says so", async () => {
		const client = able(opens);
		const first = await client.result("tools/call", required(9));
		const { response } = await client.request("tools/call", {
			...required(9),
			inputResponses: responsesTo(first, () => ({ action: "decline" })),
			requestState: first.requestState,
		});
		expect(response.error).toMatchObject({
			code: -32603,
			data: { code: "INPUT_REFUSED" },
		});
		expect((await serverStatus(bridge, "raw")).suspendedCalls).toBe(0);
	});

	test.each([
		{},
		{ elicitation: {} },
		{ elicitation: { form: {} } },
		{ sampling: {}, roots: {} },
	])("is -32021 with status 400 for a client that declares %j", async (capabilities) => {
		const { status, response } = await able(capabilities).request(
			"tools/call",
			required(9),
		);
		expect(response.error).toMatchObject({
			code: -32021,
			data: { requiredCapabilities: { elicitation: { url: {} } } },
		});
		expect(status).toBe(400);
	});
});
