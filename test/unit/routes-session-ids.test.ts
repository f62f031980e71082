import fc from "fast-check";
import { expect, test, vi } from "vitest";
import type { Client } from "../../src/protocol/client.ts";
import { isMembers, type Members } from "../../src/protocol/messages.ts";
import { legacyRevisions } from "../../src/protocol/revisions.ts";
import { hmacSeal } from "../../src/seal/hmac-seal.ts";
import { type SessionFacts, SessionIds } from "../../src/seal/session-ids.ts";
import { anyText } from "../harness/any-text.ts";

const seal = hmacSeal(Buffer.alloc(32, 1));
const onForeign = vi.fn();
const ids = new SessionIds(seal, onForeign);
const alpha = {
	server: "alpha",
	transport: "streamable",
	principal: "anybody",
} as const;
const begun = ids.begin("alpha", "streamable", "anybody");
const silent = { capabilities: {} };

/** As it comes from a client, which knows JSON only. */
const asJson = <T>(value: T): T => JSON.parse(JSON.stringify(value));

/** What clients say of themselves, from nothing at all to more than an id can hold. */
const anyClient: fc.Arbitrary<Client> = fc
	.record(
		{
			capabilities: fc.dictionary(anyText(10), fc.jsonValue()),
			info: fc.record(
				{
					name: anyText(),
					version: anyText(),
					title: anyText(),
					icons: fc.jsonValue(),
				},
				{ requiredKeys: ["name", "version"] },
			),
		},
		{ requiredKeys: ["capabilities"] },
	)
	.map(asJson);

const anyFacts: fc.Arbitrary<SessionFacts> = fc
	.tuple(
		anyText(64),
		fc.constantFrom("streamable" as const, "sse" as const),
		anyText(64),
		fc.option(
			fc.record({
				revision: fc.constantFrom(...legacyRevisions),
				client: anyClient,
			}),
			{ nil: undefined },
		),
	)
	.map(([server, transport, principal, opening]) => ({
		...ids.begin(server, transport, principal),
		opening,
	}));

/** What an id keeps of a client: not what can be long and changes nothing. */
function kept({ capabilities, info }: Client): Client {
	if (!info) return { capabilities };
	const { icons: _, ...name } = info;
	return { capabilities, info: name };
}

test("an id says of any client what a bridge has to know of it", () => {
	fc.assert(
		fc.property(anyFacts, (facts) => {
			const id = ids.issue(facts);
			const { opening } = facts;
			const said = {
				...facts,
				opening: opening && { ...opening, client: kept(opening.client) },
			};
			// One that says too much is another matter.
			fc.pre(isMembers(seal.open(id)) && seal.open(id)?.tooLong !== true);
			expect(ids.open(id, facts)).toEqual(said);
		}),
	);
});

test("an id is visible ASCII, at most 4096 of it, and a part of a query as it is", () => {
	const long = fc.nat(20_000).map((length) => "漢".repeat(length));
	fc.assert(
		fc.property(anyFacts, long, (facts, text) => {
			const { opening } = facts;
			if (opening) opening.client.capabilities.experimental = { text };
			const id = ids.issue(facts);
			expect(id).toMatch(/^[\x21-\x7e]{1,4096}$/);
			expect(encodeURIComponent(id)).toBe(id);
		}),
	);
});

test("the same session has the same id, another one another", () => {
	expect(ids.issue(begun)).toBe(ids.issue({ ...begun }));
	const other = ids.begin("alpha", "streamable", "anybody");
	expect(ids.issue(other)).not.toBe(ids.issue(begun));
});

test("a session whose client says too much for an id has one of its own that opens nothing", () => {
	const client = { capabilities: { experimental: { a: "x".repeat(4096) } } };
	const opening = { revision: "2025-11-25" as const, client };
	const id = ids.issue({ ...begun, opening });
	const other = ids.begin("alpha", "streamable", "anybody");
	expect(ids.issue({ ...other, opening })).not.toBe(id);
	onForeign.mockClear();
	expect(ids.open(id, alpha)).toBeUndefined();
	// It is not the key that is wrong.
	expect(onForeign).not.toHaveBeenCalled();
});

test.each([
	["server", { server: "beta" }],
	["server's name in capitals", { server: "ALPHA" }],
	["transport", { transport: "sse" }],
	["principal", { principal: "somebody" }],
] as const)("no session is taken up by the id of one of another %s", (_what, other) => {
	onForeign.mockClear();
	expect(ids.open(ids.issue(begun), { ...alpha, ...other })).toBeUndefined();
	expect(onForeign).not.toHaveBeenCalled();
});

test("an id that was sealed with another key opens nothing, and is told of", () => {
	onForeign.mockClear();
	const others = new SessionIds(hmacSeal(Buffer.alloc(32, 2)), () => {});
	expect(ids.open(others.issue(begun), alpha)).toBeUndefined();
	expect(onForeign).toHaveBeenCalledTimes(1);
});

test("a bit that is flipped anywhere makes it an id of nobody", () => {
	const opening = { revision: "2025-06-18" as const, client: silent };
	const bytes = Buffer.from(ids.issue({ ...begun, opening }));
	fc.assert(
		fc.property(fc.nat(bytes.length - 1), fc.nat(6), (place, bit) => {
			const changed = Buffer.from(bytes);
			changed[place] = (changed[place] ?? 0) ^ (1 << bit);
			expect(ids.open(changed.toString("latin1"), alpha)).toBeUndefined();
		}),
	);
});

test("what a seal holds of a revision that is not served here is as if nothing were known", () => {
	const { opening: _, ...rest } = begun;
	const sealed = (more: Members) => seal.seal({ ...rest, ...more });
	for (const more of [
		{},
		{ revision: "2026-07-28", capabilities: {} },
		{ revision: "2025-11-25" },
		{ revision: "2025-11-25", capabilities: [] },
	])
		expect(ids.open(sealed(more), alpha)).toEqual(begun);
});
