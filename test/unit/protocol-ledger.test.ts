import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ExactNumber } from "../../src/protocol/json.ts";
import { Ledger } from "../../src/protocol/ledger.ts";
import {
	type Id,
	type Message,
	type Request,
	resultOf,
} from "../../src/protocol/messages.ts";

const owners = ["A", "B", "C"] as const;
type Owner = (typeof owners)[number];

// Few values, so that clients meet with the same ids, and 0 with "0".
const id = fc.oneof(
	fc.constantFrom<Id>(0, "0", 1, "1", "", -1, 1.5),
	fc.nat(3),
	fc.string({ maxLength: 2 }),
);
const owner = fc.constantFrom(...owners);
const some = fc.nat(1000);

const operation = fc.oneof(
	{
		weight: 4,
		arbitrary: fc.record({
			do: fc.constant("ask" as const),
			owner,
			id,
			token: fc.option(id, { nil: undefined }),
		}),
	},
	{
		weight: 2,
		arbitrary: fc.record({
			do: fc.constantFrom("answer", "answerTwice", "progress"),
			some,
		}),
	},
	fc.record({ do: fc.constant("cancel" as const), owner, id }),
	fc.record({ do: fc.constant("question" as const), owner, id }),
	fc.record({ do: fc.constantFrom("reply", "withdraw"), some }),
	fc.record({ do: fc.constant("release" as const), owner }),
	fc.record({ do: fc.constant("reset" as const) }),
);

interface Flight {
	owner: Owner;
	request: Request;
	token: Id | undefined;
	/** Under which the child knows it. */
	childId: Id;
	received: Message[];
}
interface Open {
	owner: Owner;
	childId: Id;
	/** Under which the client knows it. */
	clientId: Id;
}

test("any interleaving of many clients gives each answer to its asker under its own id, and frees everything", () => {
	fc.assert(
		fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
			const ledger = new Ledger<Owner>();
			let flights: Flight[] = [];
			let questions: Open[] = [];
			const everUsed = new Set<Id>();
			let marker = 0;

			const take = <T>(list: T[], index: number): T | undefined =>
				list.length === 0 ? undefined : list.splice(index % list.length, 1)[0];
			const expectAnswered = (flight: Flight) => {
				const response = resultOf(flight.childId, { marker: ++marker });
				const answered = ledger.answer(response);
				expect(answered?.response).toStrictEqual({
					...response,
					id: flight.request.id,
				});
				expect(answered?.asked.owner).toBe(flight.owner);
				expect(answered?.asked.request).toBe(flight.request);
				answered?.asked.receive(answered.response);
				expect(flight.received).toStrictEqual([answered?.response]);
				expect(ledger.answer(response)).toBeUndefined();
			};

			for (const operation of operations) {
				switch (operation.do) {
					case "ask": {
						const { owner, id, token } = operation;
						// A client may not use an id again that is still in flight.
						const taken = flights.some(
							(one) => one.owner === owner && one.request.id === id,
						);
						if (taken) break;
						const request: Request = {
							jsonrpc: "2.0",
							id,
							method: "tools/call",
							params: {
								name: "x",
								_meta: {
									trace: 1,
									...(token !== undefined && { progressToken: token }),
								},
							},
						};
						const before = structuredClone(request);
						const received: Message[] = [];
						const sent = ledger.ask(owner, request, (message) =>
							received.push(message),
						);
						expect(request).toStrictEqual(before);
						expect(sent).toStrictEqual({
							...request,
							id: sent.id,
							params: {
								name: "x",
								_meta: {
									trace: 1,
									...(token !== undefined && { progressToken: sent.id }),
								},
							},
						});
						expect(everUsed.has(sent.id)).toBe(false);
						everUsed.add(sent.id);
						flights.push({ owner, request, token, childId: sent.id, received });
						break;
					}
					case "answer":
					case "answerTwice": {
						const flight = take(flights, operation.some);
						if (flight) expectAnswered(flight);
						break;
					}
					case "progress": {
						const flight = flights[operation.some % flights.length];
						if (!flight) break;
						const routed = ledger.progress({
							jsonrpc: "2.0",
							method: "notifications/progress",
							params: { progressToken: flight.childId, progress: 1 },
						});
						if (flight.token === undefined) {
							expect(routed).toBeUndefined();
							break;
						}
						expect(routed?.asked.request).toBe(flight.request);
						expect(routed?.notification.params).toStrictEqual({
							progressToken: flight.token,
							progress: 1,
						});
						break;
					}
					case "cancel": {
						const { owner, id } = operation;
						const index = flights.findIndex(
							(one) => one.owner === owner && one.request.id === id,
						);
						const cancelled = ledger.cancel(owner, {
							jsonrpc: "2.0",
							method: "notifications/cancelled",
							params: { requestId: id, reason: "r" },
						});
						if (index === -1) {
							expect(cancelled).toBeUndefined();
							break;
						}
						const [flight] = flights.splice(index, 1);
						expect(cancelled?.asked.request).toBe(flight?.request);
						expect(cancelled?.notification.params).toStrictEqual({
							requestId: flight?.childId,
							reason: "r",
						});
						expect(
							ledger.answer(resultOf(flight?.childId ?? "", {})),
						).toBeUndefined();
						break;
					}
					case "question": {
						const { owner, id } = operation;
						// Nor may the child.
						if (questions.some(({ childId }) => childId === id)) break;
						const request = { jsonrpc: "2.0", id, method: "q" } as const;
						const sent = ledger.question(owner, request, 10);
						expect(sent).toStrictEqual({ ...request, id: sent.id });
						expect(everUsed.has(sent.id)).toBe(false);
						everUsed.add(sent.id);
						questions.push({ owner, childId: id, clientId: sent.id });
						break;
					}
					case "reply": {
						const question = take(questions, operation.some);
						if (!question) break;
						const reply = resultOf(question.clientId, { yes: true });
						for (const other of owners) {
							if (other === question.owner) continue;
							expect(ledger.answerQuestion(other, reply)).toBeUndefined();
						}
						expect(ledger.answerQuestion(question.owner, reply)).toStrictEqual({
							...reply,
							id: question.childId,
						});
						expect(
							ledger.answerQuestion(question.owner, reply),
						).toBeUndefined();
						break;
					}
					case "withdraw": {
						const question = take(questions, operation.some);
						if (!question) break;
						const notification = {
							jsonrpc: "2.0",
							method: "notifications/cancelled",
							params: { requestId: question.childId },
						} as const;
						expect(ledger.cancelQuestion(notification)).toStrictEqual({
							owner: question.owner,
							notification: {
								...notification,
								params: { requestId: question.clientId },
							},
						});
						expect(ledger.cancelQuestion(notification)).toBeUndefined();
						break;
					}
					case "release": {
						const { owner } = operation;
						const released = ledger.release(owner);
						expect(
							[...released.asked].map(([id, { request }]) => [id, request]),
						).toStrictEqual(
							flights
								.filter((one) => one.owner === owner)
								.map(({ childId, request }) => [childId, request]),
						);
						expect(
							released.questions.map(({ childId }) => childId),
						).toStrictEqual(
							questions
								.filter((one) => one.owner === owner)
								.map(({ childId }) => childId),
						);
						flights = flights.filter((one) => one.owner !== owner);
						questions = questions.filter((one) => one.owner !== owner);
						break;
					}
					case "reset": {
						const { asked, questions: open } = ledger.reset();
						expect(asked.map(({ request }) => request)).toStrictEqual(
							flights.map(({ request }) => request),
						);
						expect(open.map(({ childId }) => childId)).toStrictEqual(
							questions.map(({ childId }) => childId),
						);
						flights = [];
						questions = [];
					}
				}
				expect(ledger.size).toBe(flights.length);
				expect([...ledger.inFlight()].map(({ request }) => request)).toEqual(
					flights.map(({ request }) => request),
				);
			}

			for (const flight of flights) expectAnswered(flight);
			for (const { owner, clientId } of questions) {
				ledger.answerQuestion(owner, resultOf(clientId, {}));
			}
			expect(ledger.size).toBe(0);
			expect(ledger.reset()).toEqual({ asked: [], questions: [] });
			// What the child still says of any of them belongs to nobody.
			for (const used of everUsed) {
				expect(ledger.answer(resultOf(used, {}))).toBeUndefined();
				for (const owner of owners) {
					expect(
						ledger.answerQuestion(owner, resultOf(used, {})),
					).toBeUndefined();
				}
			}
		}),
		{ numRuns: 500 },
	);
});

function askPing(ledger: Ledger<Owner>, id: Id): Request {
	return ledger.ask("A", { jsonrpc: "2.0", id, method: "ping" }, () => {});
}

describe('0 and "0" are two ids', () => {
	test("of one client, in flight at the same time", () => {
		const ledger = new Ledger<Owner>();
		const number = askPing(ledger, 0);
		const text = askPing(ledger, "0");
		expect(ledger.answer(resultOf(text.id, {}))?.response.id).toBe("0");
		expect(ledger.answer(resultOf(number.id, {}))?.response.id).toBe(0);
	});

	test("to a cancellation", () => {
		const ledger = new Ledger<Owner>();
		askPing(ledger, 0);
		const cancel = (requestId: Id) =>
			ledger.cancel("A", {
				jsonrpc: "2.0",
				method: "notifications/cancelled",
				params: { requestId },
			});
		expect(cancel("0")).toBeUndefined();
		expect(cancel(0)).toBeDefined();
	});
});

test.each([
	String,
	(id: Id) => `${id}.0`,
	(id: Id) => new ExactNumber(`${id}.0`),
])("a child may give the bridge's ids back in another notation: %#", (as) => {
	const ledger = new Ledger<Owner>();
	const params = { _meta: { progressToken: "mine" } };
	const asked = { jsonrpc: "2.0", id: 0, method: "m", params } as const;
	const { id } = ledger.ask("A", asked, () => {});
	const progress = ledger.progress({
		jsonrpc: "2.0",
		method: "notifications/progress",
		params: { progressToken: as(id), progress: new ExactNumber("1.0") },
	});
	expect(progress?.notification.params).toEqual({
		progressToken: "mine",
		progress: new ExactNumber("1.0"),
	});
	expect(ledger.answer(resultOf(as(id), {}))?.response.id).toBe(0);
	expect(ledger.size).toBe(0);
});

test.each([
	"",
	" ",
	"one",
	"-1",
	"1e1",
	"0x1",
	true,
	null,
	{},
])("%o is none of the bridge's ids", (id) => {
	const ledger = new Ledger<Owner>();
	askPing(ledger, 0);
	expect(ledger.answer(resultOf(id as Id, {}))).toBeUndefined();
	expect(ledger.size).toBe(1);
});

test("a request is cancelled by its number, however that is written", () => {
	const ledger = new Ledger<Owner>();
	for (const id of ["9007199254740992", "9007199254740993"]) {
		askPing(ledger, new ExactNumber(id));
	}
	const requestId = new ExactNumber("9007199254740993.0");
	const method = "notifications/cancelled";
	const cancelled = ledger.cancel("A", {
		jsonrpc: "2.0",
		method,
		params: { requestId },
	});
	expect(String(cancelled?.asked.request.id)).toBe("9007199254740993");
});

test("a token that is neither string nor number is passed on as it is", () => {
	const ledger = new Ledger<Owner>();
	const params = { _meta: { progressToken: { a: 1 } } };
	const request = { jsonrpc: "2.0", id: 7, method: "m", params } as const;
	const sent = ledger.ask("A", request, () => {});
	expect(sent.params).toEqual(params);
});

test("progress of a request that gave no token belongs to nobody, also under the id that the child saw", () => {
	const ledger = new Ledger<Owner>();
	const { id } = ledger.ask(
		"A",
		{ jsonrpc: "2.0", id: 1, method: "m" },
		() => {},
	);
	const progress = (progressToken: unknown) =>
		ledger.progress({
			jsonrpc: "2.0",
			method: "notifications/progress",
			params: { progressToken },
		});
	expect(progress(id)).toBeUndefined();
	expect(progress(undefined)).toBeUndefined();
	expect(progress({})).toBeUndefined();
});

test("an error answer without an id, or with one that is null, belongs to nobody and frees nothing", () => {
	const ledger = new Ledger<Owner>();
	ledger.ask("A", { jsonrpc: "2.0", id: 1, method: "m" }, () => {});
	const error = { code: -32700, message: "Parse error" };
	expect(ledger.answer({ jsonrpc: "2.0", error })).toBeUndefined();
	expect(ledger.answer({ jsonrpc: "2.0", id: null, error })).toBeUndefined();
	expect(ledger.size).toBe(1);
});
