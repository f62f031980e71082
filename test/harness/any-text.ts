import fc from "fast-check";

/** Any text that UTF-8 can hold. fast-check's own units take seconds to set up. */
export const anyText = (maxLength?: number): fc.Arbitrary<string> =>
	fc
		.array(
			fc.oneof(
				fc.integer({ min: 0, max: 0x7f }),
				fc.integer({ min: 0, max: 0xd7ff }),
				fc.integer({ min: 0xe000, max: 0x10ffff }),
			),
			maxLength === undefined ? {} : { maxLength },
		)
		.map((points) => String.fromCodePoint(...points));
