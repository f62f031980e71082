import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type {
	Members,
	Message,
	Response,
} from "../../src/protocol/messages.ts";
import { metaKey } from "../../src/protocol/meta.ts";
import {
	accepted,
	all,
	answersTo,
	gather,
	keysIn,
	open,
	question,
	resultIn,
	serverInfo,
	stateIn,
} from "../harness/open-suspended.ts";

// What goes to and fro in one call, through the peer of its client: see the table of transitions for the rest.

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

describe("a call that asks nothing", () => {
	test("goes to the child without what is the protocol's, under a token of its own, and its answer is modern", () => {
		const { child, opened, call, released } = open();
		const meta = { progressToken: "mine", traceparent: "t" };
		const { received } = call({ meta });
		opened();
		const sent = child.latest("tools/call");
		expect(sent.request.params).toEqual({
			name: "a",
			arguments: { b: 1 },
			_meta: { traceparent: "t", progressToken: expect.any(String) },
		});
		expect(sent.request.params?._meta).not.toMatchObject({
			progressToken: "mine",
		});
		sent.result({ content: [] });
		expect(received).toEqual([
			{
				jsonrpc: "2.0",
				id: 1,
				result: {
					content: [],
					resultType: "complete",
					_meta: { [metaKey.serverInfo]: serverInfo },
				},
			},
		]);
		// Nothing was told it: the child may serve others.
		expect(released).toEqual([false]);
	});

	test("gets progress under its own token, and none where it gave none", () => {
		const { child, call } = open();
		const { received } = call({ meta: { progressToken: 0 } });
		const sent = child.latest("tools/call");
		const { progressToken } = sent.request.params?._meta as Members;
		const progress = {
			jsonrpc: "2.0" as const,
			method: "notifications/progress",
			params: { progressToken, progress: 1 },
		};
		sent.say(progress);
		expect(received).toEqual([
			{ ...progress, params: { progressToken: 0, progress: 1 } },
		]);
		const silent = open();
		const other = silent.call();
		silent.child.latest("tools/call").say(progress);
		expect(other.received).toEqual([]);
	});

	test("gets the log messages that it wants, as severe as it wants them, and others are counted", () => {
		const { child, call, dropped } = open();
		const as = {
			capabilities: all,
			principal: "anonymous",
			logLevel: "warning",
		};
		const { received } = call({ as });
		expect(child.latest("logging/setLevel").request.params).toEqual({
			level: "warning",
		});
		const sent = child.latest("tools/call");
		const log = (level: string) => ({
			jsonrpc: "2.0" as const,
			method: "notifications/message",
			params: { level, data: "x" },
		});
		sent.say(log("info"));
		sent.say(log("warning"));
		sent.say(log("emergency"));
		expect(received).toEqual([log("warning"), log("emergency")]);
		expect(dropped).toEqual(["notification-nobody-asked-for"]);
	});

	test("waits for a child no longer than a request may", () => {
		const { call, givenUp, limits } = open({
			busy: true,
			requestTimeoutMs: 1000,
		});
		const { received } = call();
		vi.advanceTimersByTime(999);
		expect(received).toEqual([]);
		vi.advanceTimersByTime(1);
		const data = { code: "REQUEST_TIMEOUT", server: "fake", wasSent: false };
		expect(received).toMatchObject([{ id: 1, error: { data } }]);
		expect(givenUp()).toBe(1);
		expect(limits).toEqual(["requestTimeoutMs"]);
	});
});

describe("a call during which the child asks", () => {
	test("is answered with all that it asks at once, and a state; it stays in flight at the child", () => {
		const { child, opened, call, calls, lease, released } = open();
		const { received } = call();
		opened();
		child.say(question(50));
		child.say(question("50", "roots/list", {}));
		expect(received).toEqual([]);
		gather();
		expect(received).toHaveLength(1);
		const result = resultIn(received);
		expect(Object.values(result.inputRequests as Members)).toEqual([
			{
				method: "elicitation/create",
				params: { message: "Who?", requestedSchema: {} },
			},
			{ method: "roots/list", params: {} },
		]);
		expect(result).toMatchObject({
			resultType: "input_required",
			requestState: expect.any(String),
			_meta: { [metaKey.serverInfo]: serverInfo },
		});
		for (const hint of ["ttlMs", "cacheScope"]) {
			expect(result).not.toHaveProperty(hint);
		}
		expect(calls.size).toBe(1);
		expect(lease.suspended).toBe(true);
		expect(released).toEqual([]);
		expect(child.told).toEqual([]);
	});

	test("goes on with the answers: the child gets them under its own ids, in their JSON type, and its answer is the retry's", () => {
		const { child, call, calls, lease, leases, released, retry } = open();
		const first = call();
		child.say(question(50));
		child.say(question("50", "roots/list", {}));
		gather();
		const [user = "", dirs = ""] = keysIn(first.received);
		const second = retry(stateIn(first.received), {
			[user]: accepted,
			[dirs]: { roots: [] },
		});
		expect(child.told).toEqual([
			{ jsonrpc: "2.0", id: 50, result: accepted },
			{ jsonrpc: "2.0", id: "50", result: { roots: [] } },
		]);
		expect(lease.suspended).toBe(false);
		child.latest("tools/call").result({ content: [] });
		expect(second.received).toMatchObject([
			{ id: 2, result: { resultType: "complete", content: [] } },
		]);
		expect(first.received).toHaveLength(1);
		expect(child.all("tools/call")).toHaveLength(1);
		expect(leases()).toBe(1);
		expect(calls.size).toBe(0);
		// Somebody's answer is in it.
		expect(released).toEqual([true]);
	});

	test("asks once more what was not answered, and ignores what it did not ask", () => {
		const { child, call, retry } = open();
		const first = call();
		child.say(question(50));
		child.say(question(51, "roots/list", {}));
		gather();
		const [user = "", dirs = ""] = keysIn(first.received);
		const second = retry(stateIn(first.received), {
			[dirs]: { roots: [] },
			unknown: { roots: [] },
		});
		expect(child.told).toEqual([
			{ jsonrpc: "2.0", id: 51, result: { roots: [] } },
		]);
		gather();
		expect(keysIn(second.received)).toEqual([user]);
		const third = retry(
			stateIn(second.received),
			answersTo(second.received, accepted),
			{ id: 3 },
		);
		child.latest("tools/call").result({});
		expect(third.received).toMatchObject([{ id: 3, result: {} }]);
	});

	test("is asked first what the child wanted to know before any call", () => {
		const { child, call, retry } = open({
			questions: [question(9, "roots/list", {})],
			pingsByHand: true,
		});
		const first = call();
		expect(child.all("tools/call")).toEqual([]);
		gather();
		child.latest("ping").result();
		const second = retry(
			stateIn(first.received),
			answersTo(first.received, { roots: [] }),
		);
		expect(child.told).toEqual([
			{ jsonrpc: "2.0", id: 9, result: { roots: [] } },
		]);
		expect(child.all("tools/call")).toEqual([]);
		for (let times = 0; times < 2; times++) {
			child.latest("ping").result();
			vi.advanceTimersByTime(50);
		}
		child.latest("tools/call").result({});
		expect(second.received).toMatchObject([{ id: 2, result: {} }]);
	});

	test("gets progress under the token of the attempt that it is on", () => {
		const { child, call, retry } = open();
		const first = call({ meta: { progressToken: "one" } });
		const sent = child.latest("tools/call");
		const { progressToken } = sent.request.params?._meta as Members;
		child.say(question(50));
		gather();
		const second = retry(
			stateIn(first.received),
			answersTo(first.received, accepted),
			{ meta: { progressToken: "two" } },
		);
		sent.say({
			jsonrpc: "2.0",
			method: "notifications/progress",
			params: { progressToken, progress: 1 },
		});
		expect(second.received).toMatchObject([
			{ params: { progressToken: "two", progress: 1 } },
		]);
	});
});

describe("a question that the client has not declared to answer", () => {
	test("ends the call with the capability that it would take, and the child is told to stop", () => {
		const { child, call, released } = open({ capabilities: { roots: {} } });
		const { received } = call();
		child.say(question(50));
		expect(received).toMatchObject([
			{
				id: 1,
				error: {
					code: -32021,
					data: { requiredCapabilities: { elicitation: {} } },
				},
			},
		]);
		expect(child.told).toMatchObject([
			{ id: 50, error: { code: -32601 } },
			{ method: "notifications/cancelled", params: { requestId: 1 } },
		]);
		expect(released).toEqual([true]);
	});
});

describe("a client that closes a response", () => {
	test("cancels its call, and not what the bridge asked beside it", () => {
		const { child, call } = open();
		const { peer } = call({ id: 9, meta: { [metaKey.logLevel]: "info" } });
		const ids = child.asked.map(({ request }) => request.id);
		expect(new Set(ids).size).toBe(ids.length);
		peer.close();
		const { id } = child.latest("tools/call").request;
		expect(child.told).toMatchObject([{ params: { requestId: id } }]);
	});

	test("of a retry cancels the call at the child, under the id that it had there from the first", () => {
		const { child, call, retry } = open();
		const first = call({ id: "first" });
		child.say(question(50));
		gather();
		const second = retry(
			stateIn(first.received),
			answersTo(first.received, accepted),
		);
		second.peer.close();
		const told: (Message | Response)[] = child.told.slice(1);
		expect(told).toMatchObject([
			{ method: "notifications/cancelled", params: { requestId: "first" } },
		]);
		expect(second.received).toEqual([]);
	});
});
