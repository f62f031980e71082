import { describe, expect, test } from "vitest";
import { Translated } from "../harness/translated.ts";

function open() {
	const translated = new Translated({ client: "modern", child: "modern" });
	const received = translated.ask("tools/call", { name: "a" });
	return { translated, child: translated.latest("tools/call"), received };
}

describe("what a modern child answers a modern client", () => {
	test("passes as it is, the very object", () => {
		const { child, received } = open();
		const result = { resultType: "complete", content: [], "x-own": 1 };
		child.result(result);
		expect((received[0] as { result: object }).result).toBe(result);
	});

	test("has params in every question, be they left out", () => {
		const { child, received } = open();
		const roots = { method: "roots/list" };
		const result = { resultType: "input_required", requestState: "s" };
		child.result({ ...result, inputRequests: { roots } });
		const whole = { roots: { ...roots, params: {} } };
		expect(received).toMatchObject([
			{ result: { ...result, inputRequests: whole } },
		]);
	});

	test("keeps its own codes, and has another only where the error is the bridge's", () => {
		const data = { server: "fake", code: "CHILD_EXITED" };
		const own = open();
		own.child.error(-32000, "no", { server: "beta" });
		expect(own.received).toMatchObject([{ error: { code: -32000 } }]);
		const bridge = open();
		const error = { code: -32000, message: "died", data };
		bridge.translated.multiplexer.down(error);
		expect(bridge.received).toMatchObject([{ error: { code: -32603, data } }]);
	});
});
