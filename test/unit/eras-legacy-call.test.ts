import { describe, expect, test } from "vitest";
import { legacyOverModern } from "../../src/protocol/eras/legacy-over-modern.ts";
import { metaKey } from "../../src/protocol/eras/meta.ts";
import type { Id, Members, Message } from "../../src/protocol/messages.ts";
import { modernMetaOf } from "../harness/modern-message.ts";
import { inbox, ScriptedPeer } from "../harness/scripted-peer.ts";

const capabilities = { elicitation: {}, sampling: {}, roots: {} };
const info = { name: "client", version: "1" };
const form = {
	method: "elicitation/create",
	params: { message: "Who?", requestedSchema: {} },
};
const roots = { method: "roots/list" };
const accepted = { action: "accept", content: { name: "Ada" } };

/** A legacy client on a modern child that the test plays. */
function open(
	client: { capabilities: Members; info?: Members } = { capabilities, info },
) {
	const child = new ScriptedPeer();
	const dropped: string[] = [];
	const peer = legacyOverModern(child, client, (kind) => dropped.push(kind));
	const heard = inbox();
	peer.listen(heard);
	return {
		child,
		dropped,
		peer,
		/** What came that belongs to no request. */
		heard: heard.messages,
		/** What has come for one request. */
		ask(method: string, params?: Members, id: Id = 1): Message[] {
			const received = inbox();
			peer.ask(
				{ jsonrpc: "2.0", id, method, ...(params && { params }) },
				received,
			);
			return received.messages;
		},
	};
}

const inputRequired = (inputRequests?: Members, requestState?: string) => ({
	resultType: "input_required",
	...(inputRequests && { inputRequests }),
	...(requestState !== undefined && { requestState }),
});
const answerTo = (question: Message | undefined, result: Members) => ({
	jsonrpc: "2.0" as const,
	id: (question as { id: Id }).id,
	result,
});

describe("a request", () => {
	test("says whose it is, and asks for log messages from info on until the client sets a level", () => {
		const { child, ask } = open();
		ask("tools/list", { cursor: "c" }, "x");
		expect(child.latest("tools/list").request).toEqual({
			jsonrpc: "2.0",
			id: "x",
			method: "tools/list",
			params: {
				cursor: "c",
				_meta: modernMetaOf({
					[metaKey.clientCapabilities]: capabilities,
					[metaKey.clientInfo]: info,
					[metaKey.logLevel]: "info",
				}),
			},
		});
	});

	test("after logging/setLevel asks for messages of that level, and one before it goes on as it was", () => {
		const { child, ask } = open();
		const first = ask("tools/call", { name: "a" });
		expect(ask("logging/setLevel", { level: "error" }, 2)).toEqual([
			{ jsonrpc: "2.0", id: 2, result: {} },
		]);
		ask("tools/call", { name: "b" }, 3);
		const levels = child
			.all("tools/call")
			.map(
				({ request }) => (request.params?._meta as Members)[metaKey.logLevel],
			);
		expect(levels).toEqual(["info", "error"]);
		child.asked[0]?.result(inputRequired(undefined, "s"));
		expect(
			(child.latest("tools/call").request.params?._meta as Members)[
				metaKey.logLevel
			],
		).toBe("info");
		expect(first).toEqual([]);
	});

	test("logging/setLevel with a level that there is not is refused, and nothing reaches the server", () => {
		const { child, ask } = open();
		for (const params of [{ level: "loud" }, {}, undefined]) {
			expect(ask("logging/setLevel", params)).toMatchObject([
				{ id: 1, error: { code: -32602 } },
			]);
		}
		expect(child.asked).toEqual([]);
	});

	test("gets its notifications, then its answer without modern members", () => {
		const { child, ask } = open();
		const received = ask("tools/call", { name: "a" });
		const progress: Message = {
			jsonrpc: "2.0",
			method: "notifications/progress",
			params: { progressToken: 1, progress: 1 },
		};
		const call = child.latest("tools/call");
		call.say(progress);
		call.result({ resultType: "complete", content: [] });
		expect(received).toEqual([
			progress,
			{ jsonrpc: "2.0", id: 1, result: { content: [] } },
		]);
	});

	test("gets the server's error, in the code that legacy revisions have for it", () => {
		const { child, ask } = open();
		const received = ask("resources/read", { uri: "a:b" });
		child.latest("resources/read").error(-32602, "none", { uri: "a:b" });
		expect(received).toEqual([
			{
				jsonrpc: "2.0",
				id: 1,
				error: { code: -32002, message: "none", data: { uri: "a:b" } },
			},
		]);
	});
});

describe("a server that wants input", () => {
	test("has its questions asked of the client by requests, and is asked again with the answers and its own state", () => {
		const { child, peer, ask } = open();
		const received = ask("tools/call", { name: "a", arguments: { b: 1 } });
		child
			.latest("tools/call")
			.result(inputRequired({ user: form, dirs: roots }, "state-1"));
		expect(received).toMatchObject([
			{ method: "elicitation/create", params: form.params },
			{ method: "roots/list" },
		]);
		const [user, dirs] = received;
		expect(user).not.toHaveProperty("id", (dirs as { id: Id }).id);

		peer.tell(answerTo(dirs, { roots: [] }));
		expect(child.all("tools/call")).toHaveLength(1);
		peer.tell(answerTo(user, accepted));
		const retry = child.latest("tools/call");
		expect(child.all("tools/call")).toHaveLength(2);
		expect(retry.request.params).toMatchObject({
			name: "a",
			arguments: { b: 1 },
			inputResponses: { user: accepted, dirs: { roots: [] } },
			requestState: "state-1",
			_meta: modernMetaOf({ [metaKey.clientCapabilities]: capabilities }),
		});
		retry.result({ resultType: "complete", content: [] });
		expect(received.at(-1)).toEqual({
			jsonrpc: "2.0",
			id: 1,
			result: { content: [] },
		});
	});

	test("gets neither an old state nor old answers in a later round", () => {
		const { child, peer, ask } = open();
		const received = ask("tools/call", { name: "a" });
		child.latest("tools/call").result(inputRequired({ one: form }, "s"));
		peer.tell(answerTo(received.at(-1), accepted));
		child.latest("tools/call").result(inputRequired({ two: roots }));
		peer.tell(answerTo(received.at(-1), { roots: [] }));
		const { params } = child.latest("tools/call").request;
		expect(params?.inputResponses).toEqual({ two: { roots: [] } });
		expect(params).not.toHaveProperty("requestState");
	});

	test("that asks nothing is asked again at once with its state alone", () => {
		const { child, ask } = open();
		const received = ask("prompts/get", { name: "a" });
		child.latest("prompts/get").result(inputRequired(undefined, "later"));
		expect(received).toEqual([]);
		const { params } = child.latest("prompts/get").request;
		expect(child.all("prompts/get")).toHaveLength(2);
		expect(params?.requestState).toBe("later");
		expect(params).not.toHaveProperty("inputResponses");
	});

	test("may ask ten times and no more", () => {
		const { child, ask } = open();
		const received = ask("tools/call", { name: "a" });
		for (let round = 1; round <= 10; round++) {
			child.latest("tools/call").result(inputRequired(undefined, `${round}`));
			expect(received).toEqual([]);
		}
		child.latest("tools/call").result(inputRequired(undefined, "11"));
		expect(received).toMatchObject([
			{ id: 1, error: { code: -32603, data: { code: "INPUT_NOT_POSSIBLE" } } },
		]);
		expect(child.all("tools/call")).toHaveLength(11);
	});

	test.each<[string, Members, Members]>([
		["has not declared", { sampling: {} }, { a: form }],
		[
			"has declared for forms only",
			{ elicitation: {} },
			{
				a: { method: "elicitation/create", params: { mode: "url", url: "u" } },
			},
		],
		[
			"could not understand",
			capabilities,
			{ a: { method: "x/y", params: {} } },
		],
		["could not answer", capabilities, { a: "text" }],
	])("is not asked of a client what that %s: the call fails, and nothing is asked", (_what, declared, requests) => {
		const { child, ask } = open({ capabilities: declared });
		const received = ask("tools/call", { name: "a" });
		// What could be asked beside it must not be either.
		const both = { ok: { method: "roots/list" }, ...requests };
		const asking = "roots" in declared ? both : requests;
		child.latest("tools/call").result(inputRequired(asking, "s"));
		expect(received).toMatchObject([
			{ id: 1, error: { code: -32603, data: { code: "INPUT_NOT_POSSIBLE" } } },
		]);
		expect(child.all("tools/call")).toHaveLength(1);
	});

	test("is not asked again where the client answers with an error: the call fails with it, other questions are withdrawn", () => {
		const { child, peer, ask } = open();
		const received = ask("tools/call", { name: "a" });
		child
			.latest("tools/call")
			.result(inputRequired({ user: form, dirs: roots }));
		const [user, dirs] = received as { id: Id }[];
		const refusal = { code: -1, message: "The user has gone" };
		peer.tell({ jsonrpc: "2.0", id: user?.id ?? "", error: refusal });
		expect(received.slice(2)).toMatchObject([
			{ method: "notifications/cancelled", params: { requestId: dirs?.id } },
			{
				id: 1,
				error: {
					code: -32603,
					message: expect.stringContaining("The user has gone"),
					data: { code: "INPUT_REFUSED", cause: refusal },
				},
			},
		]);
		expect(child.all("tools/call")).toHaveLength(1);
	});
});

describe("many calls at once", () => {
	test("get the answers to their own questions, though their server calls them the same", () => {
		const { child, peer, ask } = open();
		const first = ask("tools/call", { name: "a" }, 1);
		const second = ask("tools/call", { name: "b" }, 2);
		for (const call of child.all("tools/call")) {
			call.result(inputRequired({ user: form }));
		}
		peer.tell(answerTo(second[0], { action: "decline" }));
		peer.tell(answerTo(first[0], accepted));
		const retries = child
			.all("tools/call")
			.slice(2)
			.map(({ request }) => [
				request.params?.name,
				request.params?.inputResponses,
			]);
		expect(retries).toEqual([
			["b", { user: { action: "decline" } }],
			["a", { user: accepted }],
		]);
	});

	test("take an answer once: another to the same question, or to none, is dropped and counted", () => {
		const { child, peer, ask, dropped } = open();
		const received = ask("tools/call", { name: "a" });
		child.latest("tools/call").result(inputRequired({ user: form }));
		peer.tell(answerTo(received[0], accepted));
		peer.tell(answerTo(received[0], accepted));
		peer.tell({ jsonrpc: "2.0", id: "nobody", result: {} });
		peer.tell({ jsonrpc: "2.0", error: { code: 1, message: "x" } });
		expect(child.all("tools/call")).toHaveLength(2);
		expect(dropped).toEqual(Array(3).fill("answer-to-no-question"));
	});
});

describe("a client that cancels", () => {
	const cancelled = (requestId: Id): Message => ({
		jsonrpc: "2.0",
		method: "notifications/cancelled",
		params: { requestId },
	});

	test("a call at the server has the server told", () => {
		const { child, peer, ask } = open();
		ask("tools/call", { name: "a" });
		peer.tell(cancelled(1) as never);
		expect(child.told).toEqual([cancelled(1)]);
	});

	test("a call that waits for the client ends it here: its questions are withdrawn and the server hears nothing", () => {
		const { child, peer, ask, dropped } = open();
		const received = ask("tools/call", { name: "a" });
		child.latest("tools/call").result(inputRequired({ user: form }));
		peer.tell(cancelled(1) as never);
		const [question] = received as { id: Id }[];
		expect(received.slice(1)).toMatchObject([
			{
				method: "notifications/cancelled",
				params: { requestId: question?.id },
			},
			{ id: 1, error: { code: -32800 } },
		]);
		expect(child.told).toEqual([]);
		// Its answer comes too late for anything.
		peer.tell(answerTo(question as never, accepted));
		expect(child.all("tools/call")).toHaveLength(1);
		expect(dropped).toEqual(["answer-to-no-question"]);
	});

	test("a call after its answer changes nothing", () => {
		const { child, peer, ask } = open();
		const received = ask("tools/call", { name: "a" });
		child.latest("tools/call").result({ resultType: "complete" });
		peer.tell(cancelled(1) as never);
		expect(received).toHaveLength(1);
	});
});

test("a client that goes away ends its calls that wait for it, and its peer", () => {
	const { child, peer, ask } = open();
	const received = ask("tools/call", { name: "a" });
	child.latest("tools/call").result(inputRequired({ user: form }));
	peer.close();
	expect(received.at(-1)).toMatchObject({ id: 1, error: { code: -32001 } });
	expect(child.closed).toBe(true);
});

test("other notifications of a legacy client mean nothing to a modern server: they are dropped and counted", () => {
	const { child, peer, dropped } = open();
	const method = "notifications/roots/list_changed";
	peer.tell({ jsonrpc: "2.0", method });
	expect(child.told).toEqual([]);
	expect(dropped).toEqual(["notification-unknown-to-modern-child"]);
});
