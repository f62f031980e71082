import { modernError } from "../../src/eras/to-modern.ts";
import { translators } from "../../src/eras/translators.ts";
import type { ConnectionOptions } from "../../src/multiplex/call.ts";
import type {
	MultiplexerEvents,
	MultiplexerOptions,
} from "../../src/multiplex/multiplexer-options.ts";
import type { Era } from "../../src/protocol/revisions.ts";
import { FakeClock } from "./fake-clock.ts";

/** What a multiplexer needs, without bounds and with a clock that stands. */
export function multiplexerOptions(
	options: Partial<MultiplexerOptions>,
	events: Partial<MultiplexerEvents>,
): MultiplexerOptions {
	return {
		server: "fake",
		client: { capabilities: {} },
		shared: true,
		remembers: true,
		translators,
		clock: new FakeClock(),
		listed: (_method, page) => page,
		filters: () => undefined,
		refuses: () => undefined,
		concurrency: () => Number.POSITIVE_INFINITY,
		queue: () => ({ maxQueue: 1000, maxQueueBytes: 1_000_000 }),
		timeLimits: () => ({ requestTimeoutMs: 0, maxRequestTimeoutMs: 0 }),
		...options,
		events: {
			need() {},
			quiet() {},
			asked() {},
			served() {},
			retried() {},
			limitReached() {},
			dropped() {},
			changed() {},
			repaired() {},
			failed(error) {
				throw error;
			},
			...events,
		},
	};
}

/** A client of an era, with the error codes of that. */
export function connectionOf(
	era: Era,
	more: Omit<ConnectionOptions, "era" | "errorFor"> = {},
): ConnectionOptions {
	if (era === "legacy") return { era, ...more };
	const errorFor: ConnectionOptions["errorFor"] = (error) =>
		modernError(error, undefined);
	return { era, errorFor, ...more };
}
