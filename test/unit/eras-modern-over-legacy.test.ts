import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { modernOverLegacy } from "../../src/protocol/eras/modern-over-legacy.ts";
import { modernRequestOf } from "../harness/modern-message.ts";
import { inbox, ScriptedPeer } from "../harness/scripted-peer.ts";

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

/** A client that can be asked nothing, whose call the child has asked something for: it has its error, and has gone. */
function refused() {
	const child = new ScriptedPeer();
	const peer = modernOverLegacy({
		client: { capabilities: {}, principal: "anonymous" },
		connect: () => child,
		calls: undefined,
		dropped() {},
	});
	const received = inbox();
	peer.ask(modernRequestOf("tools/call", { name: "a" }), received);
	child.latest("tools/call").say({
		jsonrpc: "2.0",
		id: "q",
		method: "elicitation/create",
		params: {},
	});
	expect(received.messages).toMatchObject([{ error: { code: -32021 } }]);
	peer.close();
	return child;
}

test("a call whose question was refused is the child's to end", () => {
	const child = refused();
	expect(child.closed).toBe(false);
	child.latest("tools/call").result();
	expect(child.closed).toBe(true);
});

test("a child that does not end it is told after 10 s, so that the call takes nobody's turn for ever", () => {
	const child = refused();
	vi.advanceTimersByTime(9_999);
	expect(child.closed).toBe(false);
	vi.advanceTimersByTime(1);
	expect(child.closed).toBe(true);
});
