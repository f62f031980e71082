import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { hmacSeal } from "../../src/seal/hmac-seal.ts";
import {
	accepted,
	all,
	answersTo,
	gather,
	type Options,
	open,
	question,
	stateIn,
} from "../harness/open-suspended.ts";

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

describe("a state", () => {
	/** A suspended call and what finds it. */
	function suspended(options?: Options) {
		const opened = open(options);
		const first = opened.call();
		opened.child.say(question(50));
		gather();
		const state = stateIn(first.received) as string;
		return { ...opened, state, answers: answersTo(first.received, accepted) };
	}
	const refusedAs = (code: string) => [
		{ error: { code: -32602, data: { code: `REQUEST_STATE_${code}` } } },
	];

	test("is good once", () => {
		const { state, answers, retry, child } = suspended();
		retry(state, answers);
		const { received } = retry(state, answers, { id: 3 });
		expect(received).toMatchObject(refusedAs("USED"));
		expect(child.told).toHaveLength(1);
	});

	test("of an earlier round is not good for a later one, which goes on waiting", () => {
		const { state, answers, retry, child, calls } = suspended();
		const second = retry(state, answers);
		child.say(question(51));
		gather();
		const { received } = retry(state, answersTo(second.received, accepted), {
			id: 3,
		});
		expect(received).toMatchObject(refusedAs("USED"));
		expect(child.told).toHaveLength(1);
		expect(calls.size).toBe(1);
	});

	test("is good for nobody else, and still good for its own client after that", () => {
		const { state, answers, retry, child } = suspended();
		const as = { capabilities: all, principal: "somebody" };
		expect(retry(state, answers, { as }).received).toMatchObject(
			refusedAs("OTHER_PRINCIPAL"),
		);
		expect(child.told).toEqual([]);
		retry(state, answers);
		expect(child.told).toHaveLength(1);
	});

	test("is good for the same request only, in whatever order its members come", () => {
		const { state, answers, post, child } = suspended();
		const more = { requestState: state, inputResponses: answers };
		for (const [method, params] of [
			["tools/call", { name: "b", arguments: { b: 1 } }],
			["tools/call", { name: "a", arguments: { b: 2 } }],
			["tools/call", { name: "a" }],
			["prompts/get", { name: "a", arguments: { b: 1 } }],
		] as const) {
			const { received } = post(method, { ...params, ...more });
			expect(received).toMatchObject(refusedAs("OTHER_REQUEST"));
		}
		expect(child.told).toEqual([]);
		post("tools/call", { ...more, arguments: { b: 1 }, name: "a" });
		expect(child.told).toHaveLength(1);
	});

	test("is good for its time: then the call ends, and the child is told", () => {
		const { state, answers, retry, child, calls, released } = suspended({
			inputTimeoutMs: 1000,
		});
		vi.advanceTimersByTime(999);
		expect(calls.size).toBe(1);
		vi.advanceTimersByTime(1);
		expect(calls.size).toBe(0);
		expect(released).toEqual([true]);
		expect(child.told).toMatchObject([
			{ method: "notifications/cancelled", params: { requestId: 1 } },
			{ id: 50, error: { code: -32800 } },
		]);
		expect(retry(state, answers).received).toMatchObject(refusedAs("EXPIRED"));
	});

	test("is good for its time by the wall clock too, and its call ends by the other", () => {
		const { state, answers, retry, child, calls, clock } = suspended({
			inputTimeoutMs: 1000,
		});
		clock.aheadMs = 1000;
		expect(retry(state, answers).received).toMatchObject(refusedAs("EXPIRED"));
		expect(child.told).toEqual([]);
		clock.aheadMs = -1000;
		vi.advanceTimersByTime(1000);
		expect(calls.size).toBe(0);
	});

	test.each([
		["another text", "nonsense"],
		["no text", 5],
		["null", null],
		[
			"the state of another bridge",
			hmacSeal(Buffer.alloc(32)).seal({ call: "a" }),
		],
	])("is not %s", (_what, state) => {
		const { retry, child, answers } = suspended();
		expect(retry(state, answers).received).toMatchObject(refusedAs("INVALID"));
		expect(child.told).toEqual([]);
	});

	test("is not one whose answers are none: the call waits on", () => {
		const { state, answers, retry, child, calls } = suspended();
		const [key = ""] = Object.keys(answers);
		for (const wrong of ["text", [], { [key]: "text" }, { [key]: null }]) {
			expect(retry(state, wrong).received).toMatchObject([
				{ error: { code: -32602, data: { code: "INPUT_RESPONSES_INVALID" } } },
			]);
		}
		expect(calls.size).toBe(1);
		retry(state, answers);
		expect(child.told).toHaveLength(1);
	});

	test("is refused where nothing can have been asked", () => {
		const { post } = open();
		expect(post("tools/list", { requestState: "s" }).received).toMatchObject(
			refusedAs("INVALID"),
		);
	});

	test("of the oldest call gives way where too many wait, and that call ends", () => {
		const { calls, child, call, state, answers, retry, dropped } = suspended({
			maxSuspendedCalls: 1,
		});
		call({ id: 5 });
		child.say(question(60));
		gather();
		expect(calls.size).toBe(1);
		expect(dropped).toContain("suspended-call-that-gave-way");
		expect(retry(state, answers).received).toMatchObject(refusedAs("USED"));
	});

	test("finds nothing any more when the server's calls have been ended", () => {
		const { calls, state, answers, retry, released } = suspended();
		calls.end();
		expect(calls.size).toBe(0);
		expect(released).toEqual([true]);
		expect(retry(state, answers).received).toMatchObject(refusedAs("USED"));
	});
});

test("calls whose clients wait for an answer are told from calls that wait for their clients", () => {
	const { call, calls, child, retry } = open();
	const counts = () => [calls.unanswered, calls.size];
	const first = call();
	expect(counts()).toEqual([1, 0]);
	child.say(question(50));
	gather();
	expect(counts()).toEqual([0, 1]);
	const state = stateIn(first.received);
	retry("nonsense", {});
	expect(counts()).toEqual([0, 1]);
	retry(state, answersTo(first.received, accepted));
	expect(counts()).toEqual([1, 0]);
	child.latest("tools/call").result({});
	expect(counts()).toEqual([0, 0]);
	call().peer.close();
	expect(counts()).toEqual([0, 0]);
});
