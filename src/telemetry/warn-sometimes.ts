import type { Logger } from "pino";

/** The same is said at most this often, in ms. */
const quietMs = 60_000;

/** Warns of something that may go wrong again and again: once in a while, with how often it has since. */
export function warnSometimes(
	log: Logger,
	now: () => number = Date.now,
): (text: string, error?: unknown) => void {
	const said = new Map<string, { at: number; unsaid: number }>();
	return (text, error) => {
		// Numbers make no other message of it.
		const kind = text.replaceAll(/\d+/g, "0");
		const before = said.get(kind);
		if (before && now() - before.at < quietMs) {
			before.unsaid++;
			return;
		}
		const again = before?.unsaid
			? ` (and ${before.unsaid} more times since it was last said)`
			: "";
		said.set(kind, { at: now(), unsaid: 0 });
		const reason = error instanceof Error ? `: ${reasonOf(error)}` : "";
		log.warn(`traces: ${text}${reason}${again}`);
	};
}

/** Connections to several addresses fail with an error for each. */
function reasonOf(error: Error): string {
	const { errors, message } = error as AggregateError;
	const first: unknown = message === "" ? errors?.[0] : undefined;
	return first instanceof Error ? first.message : message;
}
