import fc from "fast-check";
import { expect, test } from "vitest";
import { eventId, parseEventId } from "../../src/routes/streamable/event-id.ts";
import { anyText } from "../harness/any-text.ts";

const event = { life: "abcd1234", stream: 1, sequence: 2 };

test("what an id says is read back, the request that is owed with its type", () => {
	const counts = fc.nat(999_999_999);
	const owes = fc.option(fc.oneof(anyText(20), fc.integer()), {
		nil: undefined,
	});
	fc.assert(
		fc.property(counts, counts, owes, (stream, sequence, owes) => {
			const id = eventId({ ...event, stream, sequence, owes });
			expect(id).toMatch(/^[\w-]+$/);
			expect(parseEventId(id)).toEqual({ ...event, stream, sequence, owes });
		}),
	);
});

test.each([
	["x", 10_000],
	["x", 90],
	["é", 90],
	["漢", 60],
	["\n", 60],
])("a request whose id is long (%j times %i) may be left out, but where the stream goes on is read back", (character, count) => {
	const owes = character.repeat(count);
	expect(parseEventId(eventId({ ...event, owes }))).toMatchObject(event);
});

test("any text whatever is read without an exception", () => {
	fc.assert(
		fc.property(anyText(), (text) => {
			expect(parseEventId(text)).toBeUndefined();
		}),
	);
});

test.each([
	["", undefined],
	["a-1-2-", undefined],
	["a-1-2-_", { life: "a", stream: 1, sequence: 2, owes: undefined }],
	["a-1-2-bnVsbA", { life: "a", stream: 1, sequence: 2, owes: undefined }],
	["a-1-2-NQ", { life: "a", stream: 1, sequence: 2, owes: 5 }],
	["a-1-2-IjUi", { life: "a", stream: 1, sequence: 2, owes: "5" }],
])("%j is read as %j", (text, expected) => {
	expect(parseEventId(text)).toEqual(expected);
});
