import fc from "fast-check";
import { expect, test } from "vitest";
import type { Members } from "../../src/protocol/messages.ts";
import { MultiplexerWorld } from "../harness/multiplexer-world.ts";

/** What holds whatever clients, children and the time do, in whatever order. */

const some = fc.nat(1000);
const era = fc.constantFrom("legacy" as const, "modern" as const);
// Few ids, so that clients meet with the same ones, and 0 with "0".
const id = fc.constantFrom(0, "0", 1, "1", 2, "a");
const of = <const T extends string>(...names: T[]) => ({
	do: fc.constantFrom(...names),
	some,
});

const asks: Record<"legacy" | "modern", [method: string, params: Members][]> = {
	legacy: [
		["resources/subscribe", { uri: "x:1" }],
		["resources/subscribe", { uri: "x:2" }],
		["resources/unsubscribe", { uri: "x:1" }],
		["logging/setLevel", { level: "error" }],
		["ping", {}],
		["initialize", {}],
	],
	modern: [
		["subscriptions/listen", { notifications: { toolsListChanged: true } }],
		[
			"subscriptions/listen",
			{ notifications: { resourceSubscriptions: ["x:1", "x:3"] } },
		],
		["server/discover", {}],
	],
};
const common: [method: string, params: Members][] = [
	["tools/call", { name: "danger" }],
	["tools/call", { name: "safe" }],
	["tools/call", { name: "danger" }],
	["tools/list", {}],
	["x/unknown", {}],
	["denied", {}],
	["deep", {}],
];

const happening = fc.oneof(
	{
		weight: 2,
		arbitrary: fc.record({
			do: fc.constant("connect" as const),
			era,
			takesQuestions: fc.boolean(),
			canBeAsked: fc.boolean(),
			logs: fc.boolean(),
		}),
	},
	{
		weight: 12,
		arbitrary: fc.record({
			do: fc.constant("ask" as const),
			some,
			id,
			which: some,
			hasToken: fc.boolean(),
		}),
	},
	{
		weight: 8,
		arbitrary: fc.record({
			...of("answer"),
			how: fc.constantFrom("result", "result", "error", "input"),
		}),
	},
	{
		weight: 3,
		arbitrary: fc.record({
			...of("question"),
			method: fc.constantFrom("elicitation/create", "roots/list", "ping"),
		}),
	},
	{
		weight: 5,
		arbitrary: fc.record({
			...of("reply"),
			by: fc.option(some),
			isError: fc.boolean(),
		}),
	},
	{ weight: 3, arbitrary: fc.record(of("cancel", "progress", "acknowledge")) },
	{ weight: 3, arbitrary: fc.record({ ...of("up"), era }) },
	{ weight: 3, arbitrary: fc.record(of("down", "read", "not read")) },
	{ weight: 2, arbitrary: fc.record(of("behind", "caught up", "notify")) },
	{ weight: 2, arbitrary: fc.record(of("fail", "answer again", "take back")) },
	{ weight: 2, arbitrary: fc.record(of("log", "end subscription")) },
	fc.record(of("leave", "hold", "refuse", "disagree", "list changed")),
	fc.record(of("update", "distrust", "check lists", "announce")),
	{
		weight: 2,
		arbitrary: fc.record({
			...of("pass"),
			ms: fc.constantFrom(1, 500, 1000, 10_000, 60_000),
		}),
	},
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

function pick<T>(list: readonly T[], index: number): T | undefined {
	return list[index % list.length];
}

function happen(world: MultiplexerWorld, happening: Happening): void {
	if (happening.do === "connect") {
		world.connect(happening);
		return;
	}
	const client = pick(world.clients, happening.some);
	const open = pick(world.open, happening.some);
	const got = pick(world.child?.got ?? [], happening.some);
	const question = pick(world.questions, happening.some);
	const given = world.asked.flatMap(({ deliveries }) =>
		deliveries.map(({ request }) => request.id),
	);
	switch (happening.do) {
		case "ask": {
			if (!client) return;
			const { id, which, hasToken } = happening;
			// A client may not use an id again that is still open.
			const isTaken = world.asked.some(
				(each) =>
					each.client === client && each.request.id === id && !each.answer,
			);
			if (isTaken) return;
			const [method = "", params = {}] =
				pick([...common, ...asks[client.era]], which) ?? [];
			const _meta = { progressToken: id };
			world.ask(client, id, method, hasToken ? { ...params, _meta } : params);
			return;
		}
		case "answer":
			if (open) world.answer(open, happening.how);
			return;
		case "answer again":
			// Also under an id of a child that has gone.
			world.answerAgain(pick(given, happening.some) ?? happening.some);
			return;
		case "fail":
			if (open) world.fail(open);
			return;
		case "question":
			world.question(happening.method);
			return;
		case "take back":
			if (question) world.takeBack(question);
			return;
		case "reply": {
			const by =
				happening.by === null
					? question?.put?.client
					: pick(world.clients, happening.by);
			if (!question || !by || by.isClosed) return;
			world.reply(question, by, happening.isError);
			return;
		}
		case "progress":
			if (got) world.progress(got);
			return;
		case "acknowledge":
		case "disagree":
			if (open) world.acknowledge(open, happening.do === "acknowledge");
			return;
		case "end subscription":
			if (open && world.child?.era === "modern") world.endSubscription(open);
			return;
		case "log":
			world.say("notifications/message", { level: "error" });
			return;
		case "list changed":
			world.say("notifications/tools/list_changed");
			return;
		case "update":
			world.say("notifications/resources/updated", { uri: "x:1" });
			return;
		case "cancel": {
			const mine = world.asked.filter(({ answer }) => !answer);
			const asked = pick(mine, happening.some);
			if (asked) world.cancel(asked);
			return;
		}
		case "leave":
			if (client) world.leave(client);
			return;
		case "notify": {
			const isRoots = happening.some % 2 === 0;
			const method = isRoots ? "roots/list_changed" : "x";
			if (client) world.notify(client, `notifications/${method}`);
			return;
		}
		case "up":
			world.up(happening.era);
			return;
		case "down":
			world.down();
			return;
		case "refuse":
			world.refuse();
			return;
		case "hold":
			world.hold();
			return;
		case "read":
			world.reads = true;
			world.read();
			return;
		case "not read":
			world.reads = false;
			return;
		case "behind":
			world.isBehind = true;
			return;
		case "caught up":
			world.isBehind = false;
			world.multiplexer.caughtUp();
			return;
		case "distrust":
			world.multiplexer.distrust();
			return;
		case "check lists":
			world.multiplexer.checkLists();
			return;
		case "announce":
			world.multiplexer.announce("notifications/tools/list_changed");
			return;
		case "pass":
			world.clock.pass(happening.ms);
	}
}

const options = fc.record({
	shared: fc.boolean(),
	concurrency: fc.constantFrom(1, 1, 2, Number.POSITIVE_INFINITY),
	maxQueue: fc.constantFrom(0, 2, 100),
	requestTimeoutMs: fc.constantFrom(0, 0, 1000),
});
const script = fc.array(happening, { maxLength: 80, size: "max" });

test("every call is answered once and to its owner, no bound is passed, no turn is lost, nobody hears what is not for him, and nothing is left", () => {
	fc.assert(
		fc.property(
			options,
			script,
			fc.boolean(),
			(options, happenings, isEndedByDeath) => {
				const world = new MultiplexerWorld(options);
				for (const each of happenings) {
					happen(world, each);
					world.check();
				}
				// With a child that answers nobody waits for ever.
				world.settle();
				for (const client of [...world.clients]) world.leave(client);
				world.check();
				if (isEndedByDeath) world.down();
				else world.settle();
				world.check();
				if (!isEndedByDeath) world.clock.pass(10_000);
				expect(world.clock.timers).toBe(0);
				expect(world.multiplexer.load).toEqual({
					clients: 0,
					inFlight: 0,
					waiting: 0,
				});
				expect(world.multiplexer.isNeeded).toBe(false);
			},
		),
		{ numRuns: 600 },
	);
});
