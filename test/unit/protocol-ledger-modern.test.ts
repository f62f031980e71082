import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { metaKey } from "../../src/protocol/eras/meta.ts";
import { Ledger } from "../../src/protocol/ledger.ts";
import {
	type Id,
	type Members,
	type Notification,
	resultOf,
} from "../../src/protocol/messages.ts";
import { modernRequestOf } from "../harness/modern-message.ts";

type Owner = "A" | "B";

function ask(
	ledger: Ledger<Owner>,
	method: string,
	{
		owner = "A",
		id = 1,
		meta = {},
	}: { owner?: Owner; id?: Id; meta?: Members } = {},
): Id {
	return ledger.ask(owner, modernRequestOf(method, {}, { id, meta }), () => {})
		.id;
}
const listen = (ledger: Ledger<Owner>, id: Id, owner: Owner = "A") =>
	ask(ledger, "subscriptions/listen", { owner, id });
const ofSubscription = (subscriptionId: unknown): Notification => ({
	jsonrpc: "2.0",
	method: "notifications/tools/list_changed",
	params: { _meta: { "x/y": 1, [metaKey.subscriptionId]: subscriptionId } },
});
const subscriptionIdOf = ({ params }: Notification) =>
	(params?._meta as Members)[metaKey.subscriptionId];

describe("a subscription", () => {
	test("is known to each side under that side's own id, whatever its JSON type", () => {
		const id = fc.oneof(fc.integer(), fc.string());
		fc.assert(
			fc.property(fc.uniqueArray(id, { minLength: 1 }), (ids) => {
				const ledger = new Ledger<Owner>();
				const sent = ids.map((own) => listen(ledger, own));
				for (const [index, childId] of sent.entries()) {
					const routed = ledger.subscription(ofSubscription(childId));
					expect(routed?.asked.request.id).toStrictEqual(ids[index]);
					expect(routed && subscriptionIdOf(routed.notification)).toStrictEqual(
						ids[index],
					);
				}
			}),
		);
	});

	test("keeps what else a notification says", () => {
		const ledger = new Ledger<Owner>();
		const id = listen(ledger, "s");
		expect(ledger.subscription(ofSubscription(id))?.notification).toEqual(
			ofSubscription("s"),
		);
	});

	test('0 and "0" of one client are two', () => {
		const ledger = new Ledger<Owner>();
		const number = listen(ledger, 0);
		const text = listen(ledger, "0");
		const own = (id: Id) =>
			ledger.subscription(ofSubscription(id))?.asked.request.id;
		expect([own(number), own(text)]).toStrictEqual([0, "0"]);
	});

	test("is not found by an id that is another request's, nobody's, the client's own or none at all", () => {
		const ledger = new Ledger<Owner>();
		const call = ask(ledger, "tools/call", { id: 8 });
		listen(ledger, 9);
		for (const id of [call, 9, 99, "1", undefined, null, {}]) {
			expect(ledger.subscription(ofSubscription(id))).toBeUndefined();
		}
		expect(
			ledger.subscription({ jsonrpc: "2.0", method: "n" }),
		).toBeUndefined();
	});

	test("is no request in flight: nobody waits for its answer", () => {
		const ledger = new Ledger<Owner>();
		const first = listen(ledger, 1);
		listen(ledger, 2, "B");
		expect(ledger.size).toBe(0);
		const call = ask(ledger, "tools/call", { id: 3 });
		expect(ledger.size).toBe(1);
		ledger.answer(resultOf(first, {}));
		expect(ledger.size).toBe(1);
		ledger.release("B");
		expect(ledger.size).toBe(1);
		ledger.answer(resultOf(call, {}));
		expect(ledger.size).toBe(0);
		listen(ledger, 4);
		ledger.reset();
		expect(ledger.size).toBe(0);
		ask(ledger, "tools/call");
		expect(ledger.size).toBe(1);
	});

	test("that is answered carries the client's id in the answer's _meta too", () => {
		const ledger = new Ledger<Owner>();
		const id = listen(ledger, "own");
		const result = {
			resultType: "complete",
			_meta: { "x/y": 1, [metaKey.subscriptionId]: id },
		};
		expect(ledger.answer(resultOf(id, result))?.response).toEqual(
			resultOf("own", {
				resultType: "complete",
				_meta: { "x/y": 1, [metaKey.subscriptionId]: "own" },
			}),
		);
	});

	test("that is refused is refused as every request", () => {
		const ledger = new Ledger<Owner>();
		const id = listen(ledger, "own");
		const error = { code: -32601, message: "no" };
		expect(ledger.answer({ jsonrpc: "2.0", id, error })?.response).toEqual({
			jsonrpc: "2.0",
			id: "own",
			error,
		});
	});

	test("is ended by the server's cancellation of it, once, and no other request is", () => {
		const ledger = new Ledger<Owner>();
		const id = listen(ledger, "own");
		const call = ask(ledger, "tools/call", { id: 2 });
		const cancelled = (requestId: unknown) =>
			ledger.endSubscription({
				jsonrpc: "2.0",
				method: "notifications/cancelled",
				params: { requestId },
			});
		for (const other of [call, "own", 99, undefined, null]) {
			expect(cancelled(other)).toBeUndefined();
		}
		expect(ledger.size).toBe(1);
		expect(cancelled(id)?.request.id).toBe("own");
		expect(cancelled(id)).toBeUndefined();
		// A server may answer it besides: that is nobody's any more.
		expect(ledger.answer(resultOf(id, {}))).toBeUndefined();
	});
});

describe("a log message of a modern server", () => {
	const wants = (level: string) => ({ meta: { [metaKey.logLevel]: level } });

	test("is of the only request that wants one so severe", () => {
		const ledger = new Ledger<Owner>();
		ask(ledger, "tools/call", { id: 1 });
		ask(ledger, "tools/call", { id: 2, ...wants("warning") });
		expect(ledger.logger("error")?.request.id).toBe(2);
		expect(ledger.logger("warning")?.request.id).toBe(2);
		expect(ledger.logger("info")).toBeUndefined();
	});

	test("is nobody's where several want it, and again one's when the other is answered", () => {
		const ledger = new Ledger<Owner>();
		ask(ledger, "tools/call", { id: 1, ...wants("debug") });
		const second = ask(ledger, "tools/call", {
			owner: "B",
			id: 1,
			...wants("error"),
		});
		expect(ledger.logger("error")).toBeUndefined();
		expect(ledger.logger("info")?.owner).toBe("A");
		ledger.answer(resultOf(second, {}));
		expect(ledger.logger("error")?.owner).toBe("A");
	});

	test("is nobody's where nobody wants one", () => {
		const ledger = new Ledger<Owner>();
		expect(ledger.logger("emergency")).toBeUndefined();
		ask(ledger, "tools/call", { id: 1 });
		ask(ledger, "tools/call", { id: 2, ...wants("loud") });
		expect(ledger.logger("emergency")).toBeUndefined();
	});

	test("is never a subscription's, which carries none", () => {
		const ledger = new Ledger<Owner>();
		ask(ledger, "subscriptions/listen", { id: 1, ...wants("debug") });
		expect(ledger.logger("emergency")).toBeUndefined();
		ask(ledger, "tools/call", { id: 2, ...wants("debug") });
		expect(ledger.logger("emergency")?.request.id).toBe(2);
	});

	test("of a severity that nobody knows is as the least severe", () => {
		const ledger = new Ledger<Owner>();
		ask(ledger, "tools/call", { id: 1, ...wants("info") });
		expect(ledger.logger("loud")).toBeUndefined();
		expect(ledger.logger(undefined)).toBeUndefined();
	});
});

test("what a modern request says of its client reaches the server unchanged", () => {
	const ledger = new Ledger<Owner>();
	const meta = {
		[metaKey.clientInfo]: { name: "n", version: "1" },
		[metaKey.logLevel]: "info",
		traceparent: "t",
	};
	const request = modernRequestOf("tools/call", { name: "a" }, { meta });
	const sent = ledger.ask("A", request, () => {});
	expect(sent).toEqual({ ...request, id: sent.id });
});
