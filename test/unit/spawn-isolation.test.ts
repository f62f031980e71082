import { expect, test } from "vitest";
import type { Members } from "../../src/protocol/messages.ts";
import { place } from "../../src/spawn/isolation.ts";

/** What a client declares. */
const declared: Record<string, Members> = {
	nothing: {},
	"empty-ones": { experimental: {}, extensions: {} },
	asks: { elicitation: {} },
	declares: { experimental: { x: 1 }, "com.example/y": {} },
	both: { roots: {}, experimental: { x: 1 } },
};
const info = { name: "c" };

/** Which child, in short: what is not said is as in {@link shortOf}. */
const cases = `
isolation protocol client principal    child          | nothing empty-ones   asks         declares both
auto      auto     legacy anonymous|me unknown|legacy | plain   plain        own          set      own
auto      auto     legacy anonymous|me modern         | plain   plain        plain        plain    plain
auto      auto     modern anonymous|me unknown|legacy | plain   plain        client       set      client
auto      auto     modern anonymous|me modern         | plain   plain        plain        plain    plain
auto      dual     legacy anonymous|me unknown|legacy | plain   plain        own          set      own
auto      dual     legacy anonymous|me modern         | plain   plain        plain        plain    plain
auto      dual     modern anonymous|me unknown|legacy|modern | modern modern modern       modern   modern
shared    auto     legacy|modern anonymous|me unknown|legacy|modern | plain plain plain   plain    plain
shared    dual     legacy anonymous|me unknown|legacy|modern | plain plain plain          plain    plain
shared    dual     modern anonymous|me unknown|legacy|modern | modern modern modern       modern   modern
session   auto     legacy anonymous|me unknown|legacy|modern | own    own    own          own      own
session   auto     modern anonymous    unknown|legacy|modern | own    own    own          own      own
session   auto     modern me           unknown|legacy|modern | state  state  state        state    state
session   dual     legacy anonymous|me unknown|legacy|modern | own    own    own          own      own
session   dual     modern anonymous    unknown|legacy|modern | own+m  own+m  own+m        own+m    own+m
session   dual     modern me           unknown|legacy|modern | state+m state+m state+m    state+m  state+m
`;

const rows = cases
	.trim()
	.split("\n")
	.slice(1)
	.flatMap((line) => {
		const [given = "", expected = ""] = line.split(" | ");
		const [isolation, protocol, eras, principals, children] = given
			.trim()
			.split(/\s+/)
			.map((cell) => cell.split("|"));
		const placements = expected.trim().split(/\s+/);
		return (isolation ?? []).flatMap((isolation) =>
			(protocol ?? []).flatMap((protocol) =>
				(eras ?? []).flatMap((era) =>
					(principals ?? []).flatMap((principal) =>
						(children ?? []).flatMap((child) =>
							Object.keys(declared).map((what, index) => ({
								...{ isolation, protocol, era, principal, child, what },
								expected: placements[index],
							})),
						),
					),
				),
			),
		);
	});

/** A placement in one word. */
function shortOf(placement: ReturnType<typeof place>): string {
	switch (placement.use) {
		case "shared":
			return placement.key === "shared" ? "plain" : "set";
		case "modern":
			return "modern";
		case "own":
			return placement.opensModern ? "own+m" : "own";
		case "client": {
			const name = placement.keepsState ? "state" : "client";
			return placement.opensModern ? `${name}+m` : name;
		}
	}
}

type Case = (typeof rows)[number];
const placeOf = ({ isolation, protocol, era, principal, child, what }: Case) =>
	place(
		{ isolation, protocol } as Parameters<typeof place>[0],
		{
			...{ era: era as "legacy", capabilities: declared[what] ?? {} },
			...{ info, principal },
		},
		child === "unknown" ? undefined : (child as "legacy"),
	);

test.each(
	rows,
)("isolation $isolation, protocol $protocol: a $era client ($principal) that declares $what, child $child, gets $expected", (row) => {
	const placement = placeOf(row);
	expect(shortOf(placement)).toBe(row.expected);
	// Nobody's capabilities are given to a child that others are on who have not declared them.
	const capabilities = declared[row.what];
	const isOwn = placement.use === "own" || placement.use === "client";
	if (isOwn) expect(placement.client).toEqual({ capabilities, info });
	else if (row.expected === "set") {
		expect(placement.client).toEqual({ capabilities: declared.declares });
	} else expect(placement.client).toEqual({ capabilities: {} });
});

test("the table has every case once", () => {
	const names = rows.map(({ expected, ...row }) => JSON.stringify(row));
	expect(new Set(names).size).toBe(names.length);
	expect(names).toHaveLength(3 * 2 * 2 * 2 * 3 * Object.keys(declared).length);
	expect(rows.every(({ expected }) => expected)).toBe(true);
});

test("clients share a child where they declare the same, in whatever order, and not what they can be asked", () => {
	const keyOf = (capabilities: Members, more = {}) => {
		const client = { capabilities, principal: "a", era: "modern", ...more };
		const placement = place(
			{ isolation: "auto", protocol: "auto" },
			client as Parameters<typeof place>[1],
			"legacy",
		);
		return "key" in placement ? placement.key : undefined;
	};
	const set = keyOf({ "x/a": { one: 1, two: 2 }, "x/b": {} });
	expect(keyOf({ "x/b": {}, "x/a": { two: 2, one: 1 } })).toBe(set);
	expect(keyOf({ "x/a": { one: 1, two: 3 }, "x/b": {} })).not.toBe(set);
	const own = keyOf({ roots: {} });
	expect(keyOf({ roots: {} })).toBe(own);
	for (const other of [
		keyOf({ roots: {}, sampling: {} }),
		keyOf({ roots: {} }, { principal: "b" }),
		keyOf({ roots: {} }, { info }),
	]) {
		expect(other).not.toBe(own);
	}
});
