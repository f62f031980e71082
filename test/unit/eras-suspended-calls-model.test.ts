import fc from "fast-check";
import { test } from "vitest";
import { questionNamed, SuspendedWorld } from "../harness/suspended-world.ts";

// Whatever clients, children and the clock do, in whatever order: see SuspendedWorld for what has to hold.

type Pick = <T>(items: Iterable<T>) => T | undefined;

/** What can happen, and how often it is tried beside the others. */
const happenings: Record<
	string,
	[weight: number, happen: (world: SuspendedWorld, pick: Pick) => void]
> = {
	begin: [2, (world) => world.begin()],
	"a child is found": [1, (world, pick) => pick(waiting(world))?.found()],
	"a lease is given": [
		4,
		(world, pick) => {
			const call = pick(waiting(world));
			if (!call) return;
			const question = questionNamed(world.nextId());
			world.give(call, {
				isFresh: pick([true, false]) ?? true,
				questions: pick([[], [], [question]]) ?? [],
				isQuick: pick([false, true]) ?? false,
			});
		},
	],
	"a lease is refused": [
		1,
		(world, pick) => {
			const call = pick(waiting(world));
			const take = call?.take;
			if (call) call.take = undefined;
			take?.({ error: { code: -32000, message: "no" } });
		},
	],
	"the child asks": [
		8,
		(world, pick) =>
			pick(children(world))?.wantToKnow(questionNamed(world.nextId())),
	],
	"the child asks what is not declared": [
		1,
		(world, pick) =>
			pick(children(world))?.wantToKnow({
				...questionNamed(world.nextId()),
				method: "roots/list",
			}),
	],
	"the child asks what nobody can be asked": [
		1,
		(world, pick) =>
			pick(children(world))?.wantToKnow({
				...questionNamed(world.nextId()),
				method: "x/ask",
			}),
	],
	"the child withdraws a question": [
		4,
		(world, pick) => {
			const child = pick(children(world));
			const id = pick(child?.questions.keys() ?? []);
			if (id !== undefined) child?.withdraw(id);
		},
	],
	"the child logs": [
		1,
		(world, pick) => {
			const method = "notifications/message";
			const params = { level: "error" };
			pick(children(world))?.say({ jsonrpc: "2.0", method, params });
		},
	],
	"a ping is answered": [
		6,
		(world, pick) => {
			const child = pick(children(world));
			const id = pick(child?.pings.keys() ?? []);
			if (id !== undefined) child?.answerPing(id);
		},
	],
	"the call is answered": [
		2,
		(world, pick) => {
			const call = pick(inFlight(world));
			if (call) world.answer(call, { content: [world.nextId()] });
		},
	],
	"the call is answered by URLs": [
		2,
		(world, pick) => {
			// One that comes while nobody waits for it is in the table of transitions.
			pick(
				inFlight(world).filter(({ attempt }) => attempt.isOpen),
			)?.child?.sendToUrl();
		},
	],
	"time passes": [8, (world) => world.fire()],
	"a client answers": [
		6,
		(world, pick) => {
			const asked = pick(world.asked);
			if (asked) world.retry(asked, { action: "accept" });
		},
	],
	"a client declines": [
		2,
		(world, pick) => {
			const asked = pick(world.asked);
			if (asked) world.retry(asked, { action: "decline" });
		},
	],
	"a client comes back without answers": [
		2,
		(world, pick) => {
			const asked = pick(world.asked);
			if (asked) world.retry(asked, undefined);
		},
	],
	"a client closes its response": [
		1,
		(world, pick) =>
			pick(world.all.filter(({ attempt }) => attempt.isOpen))?.attempt.close(),
	],
	"all that wait for clients end": [1, (world) => world.calls.end()],
};

const waiting = ({ all }: SuspendedWorld) => all.filter(({ take }) => take);
const children = ({ all }: SuspendedWorld) =>
	all.flatMap(({ child }) => (child && !child.isReleased ? [child] : []));
const inFlight = ({ all }: SuspendedWorld) =>
	all.filter(({ child }) => child?.flight);

const happening = fc.record({
	what: fc.oneof(
		...Object.entries(happenings).map(([what, [weight]]) => ({
			weight,
			arbitrary: fc.constant(what),
		})),
	),
	/** Says with which of those that there are, choice by choice. */
	which: fc.nat(100_000),
});

test.each([
	0, 1000,
])("each attempt is answered once, each lease given back once, and no timer, question, answer or ping is left over (requestTimeoutMs %i)", (requestTimeoutMs) => {
	fc.assert(
		fc.property(
			fc.array(happening, { maxLength: 80, size: "max" }),
			(events) => {
				const world = new SuspendedWorld({ requestTimeoutMs });
				world.begin();
				for (const { what, which } of events) {
					let rest = which;
					happenings[what]?.[1](world, (items) => {
						const all = [...items];
						const index = rest % all.length;
						rest = Math.floor(rest / all.length);
						return all[index];
					});
					world.check();
				}
				world.settle();
			},
		),
		{ numRuns: 300 },
	);
});
