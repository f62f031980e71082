import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ModernClient } from "../../src/protocol/eras/meta.ts";
import { metaKey } from "../../src/protocol/eras/meta.ts";
import { modernOverLegacy } from "../../src/protocol/eras/modern-over-legacy.ts";
import { SuspendedCalls } from "../../src/protocol/eras/suspended-calls.ts";
import type {
	Id,
	Members,
	Message,
	Request,
	Response,
} from "../../src/protocol/messages.ts";
import type { Receive } from "../../src/protocol/peer.ts";
import { hmacSeal } from "../../src/spawn/hmac-seal.ts";
import { modernRequestOf } from "../harness/modern-message.ts";
import { inbox, ScriptedPeer } from "../harness/scripted-peer.ts";

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

const all = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} };
const seal = hmacSeal(Buffer.alloc(32, 7));
const serverInfo = { name: "legacy", version: "1" };

interface Options {
	capabilities?: Members;
	inputTimeoutMs?: number;
	maxSuspendedCalls?: number;
	requestTimeoutMs?: number;
	/** What the child asked before any call. */
	questions?: Request[];
	/** No child is free. */
	busy?: boolean;
	/** The test answers the pings. */
	pingsByHand?: boolean;
}

/** A child that answers pings at once. */
class PingedPeer extends ScriptedPeer {
	override ask(request: Request, receive: Receive): void {
		super.ask(request, receive);
		if (request.method === "ping") this.latest("ping").result();
	}
}

/** A modern client that can be asked, on a leased legacy child that the test plays. */
function open(options: Options = {}) {
	const { capabilities = all, inputTimeoutMs = 60_000 } = options;
	const child = options.pingsByHand ? new ScriptedPeer() : new PingedPeer();
	const dropped: string[] = [];
	const limits: string[] = [];
	const released: boolean[] = [];
	let gaveUp = 0;
	let leased = 0;
	const lease = {
		peer: child,
		questions: options.questions ?? [],
		suspended: false,
		isFresh: false,
		release: (used: boolean) => {
			released.push(used);
		},
	};
	const calls = new SuspendedCalls({
		seal,
		takeLease(_client, take) {
			leased++;
			if (!options.busy) take(lease);
			return () => {
				gaveUp++;
			};
		},
		inputTimeoutMs: () => inputTimeoutMs,
		maxSuspendedCalls: () => options.maxSuspendedCalls ?? 10,
		limitReached: (limit) => limits.push(limit),
		server: "fake",
		requestTimeoutMs: () => options.requestTimeoutMs ?? 0,
		dropped: (kind) => dropped.push(kind),
	});
	const anonymous: ModernClient = { capabilities, principal: "anonymous" };

	/** One HTTP exchange: a peer of its own. */
	const post = (
		method: string,
		params: Members,
		{
			id = 1,
			meta = {},
			as = anonymous,
		}: { id?: Id; meta?: Members; as?: ModernClient } = {},
	) => {
		const peer = modernOverLegacy({
			client: as,
			connect: () => child,
			calls,
			dropped: (kind) => dropped.push(kind),
		});
		const received = inbox();
		peer.ask(modernRequestOf(method, params, { id, meta }), received);
		return { peer, received: received.messages };
	};
	return {
		child,
		calls,
		dropped,
		limits,
		released,
		lease,
		post,
		leases: () => leased,
		givenUp: () => gaveUp,
		/** The child has answered the handshake long ago. */
		opened() {
			for (const each of child.all("initialize")) each.result({ serverInfo });
		},
		call: (options?: { id?: Id; meta?: Members; as?: ModernClient }) =>
			post("tools/call", { name: "a", arguments: { b: 1 } }, options),
		retry: (
			state: unknown,
			inputResponses: unknown,
			options?: { id?: Id; meta?: Members; as?: ModernClient },
		) =>
			post(
				"tools/call",
				{ name: "a", arguments: { b: 1 }, inputResponses, requestState: state },
				{ id: 2, ...options },
			),
	};
}

const question = (
	id: Id,
	method = "elicitation/create",
	params: Members = { message: "Who?", requestedSchema: {} },
): Request => ({ jsonrpc: "2.0", id, method, params });
/** Lets the questions that belong together be gathered. */
const gather = () => vi.advanceTimersByTime(10);
const resultIn = (messages: Message[]): Members => {
	const last = messages.at(-1) as { result?: Members };
	if (!last?.result) throw new Error(`No result: ${JSON.stringify(messages)}`);
	return last.result;
};
const keysIn = (messages: Message[]) =>
	Object.keys(resultIn(messages).inputRequests as Members);
const stateIn = (messages: Message[]) => resultIn(messages).requestState;
const answersTo = (messages: Message[], result: Members): Members =>
	Object.fromEntries(keysIn(messages).map((key) => [key, result]));
const accepted = { action: "accept", content: { name: "Ada" } };

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

	test("is cancelled at the child when the client closes the response, and its child is not used again", () => {
		const { child, call, released } = open();
		const { peer } = call({ id: "x" });
		peer.close();
		expect(child.told).toMatchObject([
			{ method: "notifications/cancelled", params: { requestId: "x" } },
		]);
		expect(released).toEqual([true]);
	});

	test("waits for no child any more when the client has gone before there was one", () => {
		const { call, child, givenUp, released } = open({ busy: true });
		const { peer } = call();
		peer.close();
		expect(givenUp()).toBe(1);
		expect(released).toEqual([]);
		expect(child.asked).toEqual([]);
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

	test("that took too long leaves a child that is not used again: it may still ask on behalf of it", () => {
		const { call, child, released } = open({ requestTimeoutMs: 1000 });
		const { received } = call();
		vi.advanceTimersByTime(1000);
		expect(received).toEqual([]);
		const data = { code: "REQUEST_TIMEOUT", wasSent: true };
		child.latest("tools/call").error(-32001, "too long", data);
		expect(received).toMatchObject([{ error: { code: -32603, data } }]);
		expect(released).toEqual([true]);
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

	test("may ask again and again, each time with another state", () => {
		const { child, call, retry } = open();
		let { received } = call();
		const states = new Set();
		for (let round = 1; round <= 5; round++) {
			child.say(question(round));
			gather();
			states.add(stateIn(received));
			received = retry(
				stateIn(received),
				answersTo(received, accepted),
			).received;
		}
		child.latest("tools/call").result({});
		expect(received).toMatchObject([
			{ id: 2, result: { resultType: "complete" } },
		]);
		expect(states.size).toBe(5);
		expect(child.told).toHaveLength(5);
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

	test("asks everything once more where the retry brings no answers", () => {
		const { child, call, retry } = open();
		const first = call();
		child.say(question(50));
		gather();
		const second = retry(stateIn(first.received), undefined);
		gather();
		expect(keysIn(second.received)).toEqual(keysIn(first.received));
		expect(child.told).toEqual([]);
	});

	test("gives the retry an answer that came while nobody waited, and withdraws what it had asked", () => {
		const { child, call, retry } = open();
		const first = call();
		child.say(question(50));
		gather();
		child.latest("tools/call").result({ content: ["late"] });
		const second = retry(
			stateIn(first.received),
			answersTo(first.received, accepted),
		);
		expect(second.received).toMatchObject([
			{ id: 2, result: { resultType: "complete", content: ["late"] } },
		]);
		expect(child.told).toEqual([]);
	});

	test("is asked together what the child was about to write, however long that takes", () => {
		const { child, call } = open({ pingsByHand: true });
		const { received } = call();
		child.say(question(50));
		gather();
		vi.advanceTimersByTime(500);
		child.say(question(51, "roots/list", {}));
		expect(received).toEqual([]);
		child.latest("ping").result();
		expect(keysIn(received)).toHaveLength(2);
		expect(child.all("ping")).toHaveLength(1);
	});

	test("is asked though the child answers no ping, which is taken back", () => {
		const { child, call } = open({ pingsByHand: true });
		const { received } = call();
		child.say(question(50));
		gather();
		vi.advanceTimersByTime(1000);
		expect(keysIn(received)).toHaveLength(1);
		expect(child.told).toMatchObject([
			{
				method: "notifications/cancelled",
				params: { requestId: child.latest("ping").request.id },
			},
		]);
	});

	test("does not ask what the child has taken back", () => {
		const { child, call } = open();
		const { received } = call();
		child.say(question(50));
		child.say(question(51, "roots/list", {}));
		child.say({
			jsonrpc: "2.0",
			method: "notifications/cancelled",
			params: { requestId: 50 },
		});
		gather();
		expect(resultIn(received).inputRequests).toMatchObject({
			[keysIn(received)[0] ?? ""]: { method: "roots/list" },
		});
		expect(keysIn(received)).toHaveLength(1);
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

	test("is not one of the methods that may ask: those have a peer that cannot be asked", () => {
		const { leases, post, child } = open();
		post("completion/complete", {});
		post("tools/list", {});
		expect(leases()).toBe(0);
		expect(child.all("completion/complete")).toHaveLength(1);
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

	test("does not reach the client either where it comes while the client answers another one: the child is refused it", () => {
		const { child, call, retry, dropped } = open({
			capabilities: { roots: {} },
		});
		const first = call();
		child.say(question(50, "roots/list", {}));
		gather();
		child.say(question(51));
		const second = retry(
			stateIn(first.received),
			answersTo(first.received, { roots: [] }),
		);
		gather();
		expect(second.received).toEqual([]);
		expect(child.told).toMatchObject([
			{ id: 51, error: { code: -32601 } },
			{ id: 50, result: { roots: [] } },
		]);
		expect(dropped).toEqual(["question-nobody-can-answer"]);
		child.latest("tools/call").result({});
		expect(second.received).toMatchObject([
			{ id: 2, result: { resultType: "complete" } },
		]);
	});

	test("that nobody can be asked is refused to the child, and the call goes on", () => {
		const { child, call, dropped } = open();
		const { received } = call();
		child.say(question(50, "x/ask", {}));
		gather();
		expect(received).toEqual([]);
		expect(child.told).toMatchObject([{ id: 50, error: { code: -32601 } }]);
		expect(dropped).toEqual(["question-nobody-can-answer"]);
	});
});

describe("an error that sends the user to URLs (2025-11-25)", () => {
	const urlRequired = {
		code: -32042,
		data: {
			elicitations: [
				{ mode: "url", url: "https://a", message: "m", elicitationId: "e" },
			],
		},
	};
	const answerUrls = (child: ScriptedPeer) =>
		child
			.latest("tools/call")
			.error(urlRequired.code, "first", urlRequired.data);

	test("becomes an input request, and the call is sent again once the user has been there", () => {
		const { child, call, retry } = open();
		const first = call();
		answerUrls(child);
		gather();
		expect(
			Object.values(resultIn(first.received).inputRequests as Members),
		).toEqual([
			{
				method: "elicitation/create",
				params: { mode: "url", url: "https://a", message: "m" },
			},
		]);
		const second = retry(
			stateIn(first.received),
			answersTo(first.received, { action: "accept" }),
		);
		expect(child.all("tools/call")).toHaveLength(2);
		child.latest("tools/call").result({});
		expect(second.received).toMatchObject([{ id: 2, result: {} }]);
	});

	test("ends the call where the user declines", () => {
		const { child, call, retry } = open();
		const first = call();
		answerUrls(child);
		gather();
		const second = retry(
			stateIn(first.received),
			answersTo(first.received, { action: "decline" }),
		);
		expect(second.received).toMatchObject([
			{ id: 2, error: { code: -32603, data: { code: "INPUT_REFUSED" } } },
		]);
		expect(child.all("tools/call")).toHaveLength(1);
	});

	test("names the capability where the client opens no URLs", () => {
		const { child, call } = open({ capabilities: { elicitation: {} } });
		const { received } = call();
		answerUrls(child);
		expect(received).toMatchObject([
			{
				id: 1,
				error: {
					code: -32021,
					data: { requiredCapabilities: { elicitation: { url: {} } } },
				},
			},
		]);
	});

	test("is asked once also where it came while the client answered something else", () => {
		const { child, call, retry } = open();
		const first = call();
		child.say(question(50));
		gather();
		answerUrls(child);
		const second = retry(
			stateIn(first.received),
			answersTo(first.received, accepted),
		);
		gather();
		const third = retry(
			stateIn(second.received),
			answersTo(second.received, { action: "accept" }),
			{ id: 3 },
		);
		gather();
		expect(child.all("tools/call")).toHaveLength(2);
		child.latest("tools/call").result({});
		expect(third.received).toMatchObject([
			{ id: 3, result: { resultType: "complete" } },
		]);
	});
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

	test("that is suspended already cancels nothing", () => {
		const { child, call, calls } = open();
		const { peer } = call();
		child.say(question(50));
		gather();
		peer.close();
		expect(calls.size).toBe(1);
		expect(child.told).toEqual([]);
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
