import { modern } from "./kinds/modern.ts";
import { sse } from "./kinds/sse.ts";
import { streamable } from "./kinds/streamable.ts";
import type { SessionKind } from "./session-kind.ts";

export const sessionKinds: readonly SessionKind[] = [
	...streamable,
	...sse,
	...modern,
];

const slots = sessionKinds.flatMap((kind) =>
	Array<SessionKind>(kind.share).fill(kind),
);

/** No common divisor with 1,000: each slot has its turn once in 1,000 sessions, and no kind all of its turns at once. */
const stride = 617;

export function kindOf(number: number): SessionKind {
	const kind = slots[(number * stride) % slots.length];
	if (slots.length !== 1000 || !kind)
		throw new Error(`The shares of the kinds make ${slots.length}, not 1000`);
	return kind;
}
