import { expect } from "vitest";
import type { Multiplexer } from "../../src/multiplex/multiplexer.ts";
import type { Request } from "../../src/protocol/messages.ts";
import { metaOf } from "../../src/protocol/meta.ts";
import {
	type Asked,
	givenUpMs,
	isRepeatable,
	type WorldClient,
	type WorldState,
} from "./multiplexer-records.ts";

/** Those for whom something may be that the child says without a name. */
export function permitted(
	world: WorldState,
	what: "question" | "log",
): Set<WorldClient> {
	const now = world.clock.now();
	const speaking = (world.child?.got ?? []).filter(
		({ state, asked, stoppedAt, request }) =>
			request.method !== "logging/setLevel" &&
			(state === "open"
				? !asked?.answer || now - asked.answeredAt < givenUpMs
				: state === "stopped" &&
					now - (asked?.answeredAt ?? stoppedAt) < givenUpMs),
	);
	const speakers = new Set(speaking.map(({ asked }) => asked?.client));
	const [only] = speakers.size === 1 ? speakers : [];
	const isAskable = what === "log" || only?.takesQuestions;
	const [first] = world.clients;
	const found = [isAskable && only, !world.options.shared && first];
	if (world.child?.era === "modern") found.push(...speakers);
	return new Set(
		found.filter((client) => client !== false && client !== undefined),
	) as Set<WorldClient>;
}

/** Whether a client has asked to hear of a resource. */
export function watches(
	world: WorldState,
	client: WorldClient,
	uri: string,
): boolean {
	return world.asked.some(
		({ client: one, request: { method, params } }) =>
			one === client &&
			/subscri(be|ptions)/.test(method) &&
			JSON.stringify(params).includes(uri),
	);
}

/** Whether a request is answered, or somebody else's turn than the multiplexer's. */
function isSomewhere(world: WorldState, asked: Asked): boolean {
	const { answer, deliveries, request, isAcknowledged } = asked;
	if (answer || isAcknowledged) return true;
	if (deliveries.at(-1)?.state === "open") return true;
	const isAsked = world.questions.some(
		({ input, state }) => input?.asked === asked && state === "open",
	);
	if (isAsked) return true;
	// A subscription in the other era is made of the bridge's own requests.
	if (request.method === "resources/subscribe") {
		return world.open.some(
			({ asked, request }) => !asked && request.method.startsWith("subscr"),
		);
	}
	const isListen = request.method === "subscriptions/listen";
	return isListen && world.child?.era === "legacy";
}

/** A request may go to the child that is there. */
export function checkDelivery(
	world: WorldState,
	request: Request,
	asked: Asked | undefined,
): void {
	const { got = [], isHeld, era } = world.child ?? {};
	expect(got.map(({ request }) => request.id)).not.toContain(request.id);
	if (asked) {
		expect(isHeld || world.isBehind).toBe(false);
		expect(asked.answer).toBeUndefined();
		expect(request.method).not.toBe("denied");
		const before = asked.deliveries.map(({ state }) => state);
		expect(before).not.toContain("open");
		expect(before).not.toContain("answered");
		expect(before).not.toContain("stopped");
		const lost = before.filter((state) => state === "lost");
		if (!asked.isAcknowledged) {
			expect(lost.length).toBeLessThanOrEqual(isRepeatable(request) ? 1 : 0);
		}
		if (era === "modern" && asked.input) {
			const { requestState, responses } = asked.input;
			const given = { requestState, inputResponses: responses };
			expect(request.params).toMatchObject(given);
		}
		const token = metaOf(request.params)?.progressToken;
		expect(token).toBe(asked.token === undefined ? undefined : request.id);
	}
}

/** Nothing is counted that is not so, nothing is too much, nobody is forgotten. */
export function checkLoad(
	world: WorldState,
	{ clients, inFlight, waiting }: Multiplexer["load"],
): void {
	const { concurrency } = world.options;
	const { open, child } = world;
	const methods = open.map(({ request }) => request.method);
	const requests = methods.filter((method) => !method.startsWith("subscr"));
	const turns = requests.filter((method) => method !== "ping");
	expect(clients).toBe(world.clients.length);
	expect(inFlight).toBe(requests.length);
	expect(turns.length).toBeLessThanOrEqual(concurrency);
	// Nobody waits while there is a turn to be had, or nobody who would give one.
	const isOpen = child && !child.isHeld && !world.isBehind;
	if (isOpen && inFlight < concurrency) expect(waiting).toBe(0);
	const nowhere = world.asked.filter((asked) => !isSomewhere(world, asked));
	expect(nowhere.length).toBeLessThanOrEqual(waiting);
	for (const { state, put, isWithdrawn, input } of world.questions) {
		if (!put || put.client.isClosed) continue;
		const isVoid =
			state === "void" || (input?.asked.answer && state === "open");
		if (isVoid) expect(isWithdrawn).toBe(true);
	}
}
