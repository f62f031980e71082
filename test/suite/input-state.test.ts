import { beforeAll, describe, expect, test } from "vitest";
import type { Json } from "../harness/clients.ts";
import { ModernClient } from "../harness/modern-client.ts";
import { eventually } from "../harness/processes.ts";
import {
	answerTo,
	askingRequests,
	call,
	elicit,
	everyCapability,
	responsesTo,
	sample,
} from "../harness/questions.ts";
import type { Message } from "../harness/raw-http.ts";
import { cancelledCall, recording } from "../harness/recorded.ts";
import { scratch } from "../harness/scratch.ts";
import { type Bridge, startBridge } from "../harness/start-bridge.ts";
import { serverStatus, textOf } from "../harness/status.ts";

/** `requestState`: what a client brings back to go on with a suspended call, and what happens when it does not. */

const file = scratch();

let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({
		servers: {
			raw: recording("legacy-raw", file("raw")),
			hasty: recording("legacy-raw", file("hasty"), { inputTimeoutMs: 250 }),
			few: recording("legacy-raw", file("few"), { maxSuspendedCalls: 2 }),
		},
	});
});

const clientOf = (server = "raw") =>
	new ModernClient(bridge, server, { capabilities: everyCapability });
const suspended = async (server = "raw") =>
	(await serverStatus(bridge, server)).suspendedCalls;
const tool = "tools/call";

/** A call that is suspended, and the ways to go on with it. */
async function suspend(
	client: ModernClient,
	params: Json,
	method: string = tool,
) {
	const asked = await client.result(method, params);
	expect(asked.resultType).toBe("input_required");
	const brought = {
		requestState: asked.requestState as string,
		inputResponses: responsesTo(asked),
	};
	return {
		state: brought.requestState,
		retry: async (more: Json = {}, as = method): Promise<Message> =>
			(await client.request(as, { ...params, ...brought, ...more })).response,
	};
}
const refused = (code: string) => ({
	error: { code: -32602, data: { code: `REQUEST_STATE_${code}` } },
});
const script = (name: string) => call("ask", { rounds: [[elicit("?")]], name });
const done = JSON.stringify([[{ result: answerTo(elicit("?")) }]]);

describe("a state that is not what the bridge gave", () => {
	const change = (text: string, at: number) =>
		text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);
	/** The same content with another deadline, under the old signature. */
	const prolonged = (state: string) => {
		const [content = "", mac] = state.split(".");
		const said = JSON.parse(Buffer.from(content, "base64url").toString());
		const longer = JSON.stringify({ ...said, until: said.until + 3_600_000 });
		return `${Buffer.from(longer).toString("base64url")}.${mac}`;
	};

	const forgeries: Record<string, (state: string) => unknown> = {
		"another first character": (state) => change(state, 0),
		"another character in it": (state) => change(state, 30),
		"another last character": (state) => change(state, state.length - 1),
		"cut short": (state) => state.slice(0, -1),
		"more behind it": (state) => `${state}A`,
		"a space behind it": (state) => `${state} `,
		"no signature": (state) => state.split(".")[0],
		"nothing but the signature": (state) => `.${state.split(".")[1]}`,
		"a longer time to live": prolonged,
		empty: () => "",
		"a number": () => 7,
		null: () => null,
		"an object": () => ({}),
	};

	test("in the least is refused, and the call can still be completed", async () => {
		const { state, retry } = await suspend(clientOf(), script("forged"));
		for (const [what, forge] of Object.entries(forgeries)) {
			const requestState = forge(state);
			expect(requestState, what).not.toBe(state);
			expect(await retry({ requestState }), what).toMatchObject(
				refused("INVALID"),
			);
			expect(await suspended(), what).toBe(1);
		}
		expect(textOf(await retry())).toBe(done);
		expect(await suspended()).toBe(0);
	});

	test("of another bridge is refused", async () => {
		const other = await startBridge({
			servers: { raw: recording("legacy-raw", file("other")) },
		});
		const client = new ModernClient(other, "raw", {
			capabilities: everyCapability,
		});
		const foreign = await suspend(client, script("foreign"));
		const { retry } = await suspend(clientOf(), script("foreign"));
		expect(await retry({ requestState: foreign.state })).toMatchObject(
			refused("INVALID"),
		);
		expect(textOf(await retry())).toBe(done);
		await other.stop();
	});
});

describe("a state is good once", () => {
	test("and not when the call is complete", async () => {
		const { retry } = await suspend(clientOf(), script("complete"));
		expect(textOf(await retry())).toBe(done);
		expect(await retry()).toMatchObject(refused("USED"));
	});

	test("and not when the call has come to a later round", async () => {
		const client = clientOf();
		const params = call("ask", { rounds: [[elicit("1")], [sample("2")]] });
		const first = await suspend(client, params);
		const second = (await first.retry()).result ?? {};
		expect(second.resultType).toBe("input_required");
		expect(await first.retry()).toMatchObject(refused("USED"));
		const { response } = await client.request(tool, {
			...params,
			inputResponses: responsesTo(second),
			requestState: second.requestState,
		});
		expect(JSON.parse(textOf(response))).toHaveLength(2);
	});

	test("of two retries that come together one goes on", async () => {
		const { retry } = await suspend(clientOf(), script("together"));
		const answers = await Promise.all([retry(), retry(), retry()]);
		const errors = answers.filter(({ error }) => error !== undefined);
		expect(errors).toHaveLength(2);
		for (const error of errors) expect(error).toMatchObject(refused("USED"));
		const [good] = answers.filter(({ result }) => result !== undefined);
		expect(textOf(good as Message)).toBe(done);
	});
});

describe("a state is good for its request", () => {
	test("and not for one that differs in anything", async () => {
		const others: [what: string, more: Json, as?: string][] = [
			["another tool", { name: "pid" }],
			["other arguments", { arguments: { rounds: [[elicit("!")]] } }],
			["one more argument", { arguments: { ...script("a").arguments, b: 1 } }],
			["no arguments", { arguments: undefined }],
			["one more member", { more: 1 }],
			["another method", {}, "prompts/get"],
		];
		const { retry } = await suspend(clientOf(), script("a"));
		for (const [what, more, as] of others)
			expect(await retry(more, as), what).toMatchObject(
				refused("OTHER_REQUEST"),
			);
		expect(await retry({}, "tools/list")).toMatchObject(refused("INVALID"));
		expect(textOf(await retry())).toBe(done);
	});

	test.each(
		askingRequests,
	)("and not for another one by %s", async (method, paramsOf, textIn) => {
		const client = clientOf();
		const script = (text: string) => paramsOf({ rounds: [[elicit(text)]] });
		const one = await suspend(client, script("one"), method);
		const other = await suspend(client, script("other"), method);
		expect(await one.retry({ requestState: other.state })).toMatchObject(
			refused("OTHER_REQUEST"),
		);
		for (const [{ retry }, text] of [
			[one, "one"],
			[other, "other"],
		] as const)
			expect(textIn((await retry()).result ?? {})).toBe(
				JSON.stringify([[{ result: answerTo(elicit(text)) }]]),
			);
	});

	test("whatever the order of its members, its id and its _meta", async () => {
		const client = clientOf();
		const args = {
			rounds: [[elicit("?")]],
			name: "order",
			more: { a: 1, b: 2 },
		};
		const { state } = await suspend(client, call("ask", args));
		const { response } = await client.request(
			tool,
			{
				requestState: state,
				inputResponses: { "elicitation-1": answerTo(elicit("?")) },
				arguments: { more: { b: 2, a: 1 }, name: "order", rounds: args.rounds },
				name: "ask",
			},
			{
				id: "another",
				meta: { progressToken: 5, "example.com/trace": "x" },
			},
		);
		expect(response.id).toBe("another");
		expect(textOf(response)).toBe(done);
	});
});

/** Nothing is left of any call: no suspended one, and no child in the middle of one. */
const nothingLeft = (server: string) =>
	eventually(async () => {
		const { suspendedCalls, own } = await serverStatus(bridge, server);
		const busy = own.filter(({ inFlight, waiting }) => inFlight + waiting > 0);
		return suspendedCalls === 0 && busy.length === 0;
	}, `something is left of a call of "${server}"`);

test("a client that does not come back in inputTimeoutMs has its call cancelled, and costs nothing more", async () => {
	const client = clientOf("hasty");
	const calls = await Promise.all(
		["gone 1", "gone 2"].map((name) => suspend(client, script(name))),
	);
	for (const name of ["gone 1", "gone 2"])
		await cancelledCall(file("hasty"), name);
	await nothingLeft("hasty");
	for (const { retry } of calls)
		expect(await retry()).toMatchObject(refused("EXPIRED"));

	// And a child is there for the next call.
	expect(await client.text("say")).toBe("said");
});

test("one suspended call more than maxSuspendedCalls ends the oldest", async () => {
	const client = clientOf("few");
	const first = await suspend(client, script("oldest"));
	const second = await suspend(client, script("second"));
	expect(await suspended("few")).toBe(2);
	const third = await suspend(client, script("third"));
	await cancelledCall(file("few"), "oldest");
	expect(await suspended("few")).toBe(2);
	expect(await first.retry()).toMatchObject(refused("USED"));
	for (const { retry } of [third, second])
		expect(textOf(await retry())).toBe(done);
	const { dropped } = await serverStatus(bridge, "few");
	expect(dropped["suspended-call-that-gave-way"]).toBe(1);
	await nothingLeft("few");
});
