import { describe, expect, test } from "vitest";
import { modernOverModern } from "../../src/protocol/eras/modern-over-modern.ts";
import { modernRequestOf } from "../harness/modern-message.ts";
import { inbox, ScriptedPeer } from "../harness/scripted-peer.ts";

function open() {
	const child = new ScriptedPeer();
	const peer = modernOverModern(child, "alpha");
	const received = inbox();
	peer.ask(modernRequestOf("tools/call", { name: "a" }), received);
	return { child: child.latest("tools/call"), received };
}

describe("what a modern child answers a modern client", () => {
	test("passes as it is, the very object", () => {
		const { child, received } = open();
		const result = { resultType: "complete", content: [], "x-own": 1 };
		child.result(result);
		expect(received.messages[0]).toHaveProperty("result", result);
		expect((received.messages[0] as { result: object }).result).toBe(result);
	});

	test("has params in every question, be they left out", () => {
		const { child, received } = open();
		const roots = { method: "roots/list" };
		const result = { resultType: "input_required", requestState: "s" };
		child.result({ ...result, inputRequests: { roots } });
		expect(received.messages).toMatchObject([
			{
				result: {
					...result,
					inputRequests: { roots: { ...roots, params: {} } },
				},
			},
		]);
	});

	test("keeps its own codes, and has another only where the error is the bridge's", () => {
		for (const [data, code] of [
			[{ server: "alpha", code: "CHILD_EXITED" }, -32603],
			[{ server: "beta", code: "CHILD_EXITED" }, -32000],
			[undefined, -32000],
		] as const) {
			const { child, received } = open();
			child.error(-32000, "no", data);
			expect(received.messages).toMatchObject([{ error: { code } }]);
		}
	});
});
