import type { Message } from "./messages.ts";

/** How long a message is as JSON, in bytes, about: as an unusual number is written does not count. */
export function messageBytes(message: Message): number {
	try {
		return Buffer.byteLength(JSON.stringify(message));
	} catch {
		// Nested too deep to be written: it is refused when its turn comes.
		return 0;
	}
}
