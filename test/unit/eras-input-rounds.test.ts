import { describe, expect, test } from "vitest";
import type { Id, Members } from "../../src/protocol/messages.ts";
import { type Envelope, metaKey } from "../../src/protocol/meta.ts";
import { modernMetaOf } from "../harness/modern-message.ts";
import { Translated } from "../harness/translated.ts";

const capabilities = { elicitation: {}, sampling: {}, roots: {} };
const form = {
	method: "elicitation/create",
	params: { message: "Who?", requestedSchema: {} },
};
const roots = { method: "roots/list" };
const accepted = { action: "accept", content: { name: "Ada" } };

/** A legacy client on a modern child. */
function open(envelope: Envelope = { capabilities }) {
	const translated = new Translated({
		...{ client: "legacy", child: "modern", envelope },
	});
	const ask = translated.ask.bind(translated);
	return { translated, ask };
}

const inputRequired = (inputRequests?: Members, requestState?: string) => ({
	resultType: "input_required",
	...(inputRequests && { inputRequests }),
	...(requestState !== undefined && { requestState }),
});
describe("a server that wants input", () => {
	test("has its questions asked of the client by requests, and is asked again with the answers and its own state", () => {
		const { translated, ask } = open();
		const received = ask("tools/call", { name: "a", arguments: { b: 1 } });
		translated
			.latest("tools/call")
			.result(inputRequired({ user: form, dirs: roots }, "state-1"));
		expect(received).toMatchObject([
			{ method: "elicitation/create", params: form.params },
			{ method: "roots/list" },
		]);
		const [user, dirs] = received;
		expect(user).not.toHaveProperty("id", (dirs as { id: Id }).id);

		translated.answer(dirs, { roots: [] });
		expect(translated.all("tools/call")).toHaveLength(1);
		translated.answer(user, accepted);
		const retry = translated.latest("tools/call");
		expect(translated.all("tools/call")).toHaveLength(2);
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
		const { translated, ask } = open();
		const received = ask("tools/call", { name: "a" });
		translated.latest("tools/call").result(inputRequired({ one: form }, "s"));
		translated.answer(received.at(-1), accepted);
		translated.latest("tools/call").result(inputRequired({ two: roots }));
		translated.answer(received.at(-1), { roots: [] });
		const { params } = translated.latest("tools/call").request;
		expect(params?.inputResponses).toEqual({ two: { roots: [] } });
		expect(params).not.toHaveProperty("requestState");
	});

	test("that asks nothing is asked again at once with its state alone", () => {
		const { translated, ask } = open();
		const received = ask("prompts/get", { name: "a" });
		translated.latest("prompts/get").result(inputRequired(undefined, "later"));
		expect(received).toEqual([]);
		const { params } = translated.latest("prompts/get").request;
		expect(translated.all("prompts/get")).toHaveLength(2);
		expect(params?.requestState).toBe("later");
		expect(params).not.toHaveProperty("inputResponses");
	});

	test("may ask ten times and no more", () => {
		const { translated, ask } = open();
		const received = ask("tools/call", { name: "a" });
		for (let round = 1; round <= 10; round++) {
			translated
				.latest("tools/call")
				.result(inputRequired(undefined, `${round}`));
			expect(received).toEqual([]);
		}
		translated.latest("tools/call").result(inputRequired(undefined, "11"));
		expect(received).toMatchObject([
			{ id: 1, error: { code: -32603, data: { code: "INPUT_NOT_POSSIBLE" } } },
		]);
		expect(translated.all("tools/call")).toHaveLength(11);
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
		const { translated, ask } = open({ capabilities: declared });
		const received = ask("tools/call", { name: "a" });
		// What could be asked beside it must not be either.
		const both = { ok: { method: "roots/list" }, ...requests };
		const asking = "roots" in declared ? both : requests;
		translated.latest("tools/call").result(inputRequired(asking, "s"));
		expect(received).toMatchObject([
			{ id: 1, error: { code: -32603, data: { code: "INPUT_NOT_POSSIBLE" } } },
		]);
		expect(translated.all("tools/call")).toHaveLength(1);
	});

	test("is not asked again where the client answers with an error: the call fails with it, other questions are withdrawn", () => {
		const { translated, ask } = open();
		const received = ask("tools/call", { name: "a" });
		translated
			.latest("tools/call")
			.result(inputRequired({ user: form, dirs: roots }));
		const [user, dirs] = received as { id: Id }[];
		const refusal = { code: -1, message: "The user has gone" };
		translated.peer.tell({
			jsonrpc: "2.0",
			id: user?.id ?? "",
			error: refusal,
		});
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
		expect(translated.all("tools/call")).toHaveLength(1);
	});
});

describe("many calls at once", () => {
	test("get the answers to their own questions, though their server calls them the same", () => {
		const { translated, ask } = open();
		const first = ask("tools/call", { name: "a" }, 1);
		const second = ask("tools/call", { name: "b" }, 2);
		for (const call of translated.all("tools/call")) {
			call.result(inputRequired({ user: form }));
		}
		translated.answer(second[0], { action: "decline" });
		translated.answer(first[0], accepted);
		const retries = translated
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
		const { translated, ask } = open();
		const received = ask("tools/call", { name: "a" });
		translated.latest("tools/call").result(inputRequired({ user: form }));
		translated.answer(received[0], accepted);
		translated.answer(received[0], accepted);
		translated.peer.tell({ jsonrpc: "2.0", id: "nobody", result: {} });
		translated.peer.tell({ jsonrpc: "2.0", error: { code: 1, message: "x" } });
		expect(translated.all("tools/call")).toHaveLength(2);
		expect(translated.dropped).toEqual(Array(3).fill("answer-to-no-question"));
	});
});

describe("a client that cancels", () => {
	test("a call at the server has the server told", () => {
		const { translated, ask } = open();
		ask("tools/call", { name: "a" });
		translated.cancel(1);
		expect(translated.told).toMatchObject([
			{
				method: "notifications/cancelled",
				params: { requestId: translated.latest("tools/call").request.id },
			},
		]);
	});

	test("a call that waits for the client ends it here: its questions are withdrawn and the server hears nothing", () => {
		const { translated, ask } = open();
		const received = ask("tools/call", { name: "a" });
		translated.latest("tools/call").result(inputRequired({ user: form }));
		translated.cancel(1);
		const [question] = received as { id: Id }[];
		expect(received.slice(1)).toMatchObject([
			{
				method: "notifications/cancelled",
				params: { requestId: question?.id },
			},
			{ id: 1, error: { code: -32800 } },
		]);
		expect(translated.told).toEqual([]);
		// Its answer comes too late for anything.
		translated.answer(question as never, accepted);
		expect(translated.all("tools/call")).toHaveLength(1);
		expect(translated.dropped).toEqual(["answer-to-no-question"]);
	});

	test("a call after its answer changes nothing", () => {
		const { translated, ask } = open();
		const received = ask("tools/call", { name: "a" });
		translated.latest("tools/call").result({ resultType: "complete" });
		translated.cancel(1);
		expect(received).toHaveLength(1);
	});
});

test("a client that goes away ends its calls that wait for it, and its peer", () => {
	const { translated, ask } = open();
	const received = ask("tools/call", { name: "a" });
	translated.latest("tools/call").result(inputRequired({ user: form }));
	translated.peer.close();
	expect(received.at(-1)).toMatchObject({ id: 1, error: { code: -32001 } });
	expect(translated.told).toEqual([]);
});
