import { ConfigError } from "./config-error.ts";
import type { ConfigReader } from "./config-reader.ts";

/** What is written in several steps mostly is whole by then. */
const settleMs = 100;
/** Between readings that follow each other, since a config may write a file that it imports. */
const longestPauseMs = 2000;
/** What takes longer is given up where the files have changed since. */
const streamAfterMs = 5000;
const firstRetryMs = 1000;
const longestRetryMs = 60_000;
/** The last pause after which what takes too long is tried again: not every runtime can end a thread that loops (Deno 2.9). */
const lastSlowRetryMs = 4000;

export interface FollowerEvents<Config> {
	taken(config: Config): void;
	failed(error: unknown): void;
	/** A reading takes so long, in ms, that an edit since then does not wait for it. */
	givenUp(afterMs: number): void;
}

/**
 * Reads a config until what was read last is what its files say. That depends
 * on no event: `look` wakes it, and it compares.
 */
export class ConfigFollower<Config> {
	readonly #reader: Pick<ConfigReader<Config>, "read" | "isCurrent">;
	readonly #events: FollowerEvents<Config>;
	#isClosed = false;
	#isRunning = false;
	#isWoken = false;
	#isAsked = false;
	#reading: { abort: AbortController; since: number } | undefined;
	/** Of the last reading, where it may succeed with the same files later. */
	#retry: { at: number; afterMs: number; message: string } | undefined;

	constructor(
		reader: Pick<ConfigReader<Config>, "read" | "isCurrent">,
		events: FollowerEvents<Config>,
	) {
		this.#reader = reader;
		this.#events = events;
	}

	/** The config may have changed: it is read soon if it has. */
	look(): void {
		if (this.#isClosed) return;
		this.#isWoken = true;
		if (this.#reading) void this.#giveUpIfStale(this.#reading);
		if (!this.#isRunning) void this.#run();
	}

	/** Reads it soon, changed or not. */
	readAnyway(): void {
		this.#isAsked = true;
		this.look();
	}

	/** Nothing is reported after the call. */
	close(): void {
		this.#isClosed = true;
		this.#reading?.abort.abort();
	}

	async #run(): Promise<void> {
		this.#isRunning = true;
		let pauseMs = settleMs;
		while (this.#isWoken && !this.#isClosed) {
			await new Promise((fulfil) => setTimeout(fulfil, pauseMs));
			this.#isWoken = false;
			const reason = await this.#reason();
			if (reason === undefined) {
				pauseMs = settleMs;
				continue;
			}
			pauseMs = Math.min(pauseMs * 2, longestPauseMs);
			this.#isAsked = false;
			await this.#readOnce(reason === "retry");
			// It may have changed while it was read.
			this.#isWoken = true;
		}
		this.#isRunning = false;
	}

	async #reason(): Promise<"asked" | "changed" | "retry" | undefined> {
		if (this.#isAsked) return "asked";
		if (!(await this.#reader.isCurrent())) return "changed";
		const isDue = this.#retry && performance.now() >= this.#retry.at;
		return isDue ? "retry" : undefined;
	}

	async #readOnce(isRetry: boolean): Promise<void> {
		if (this.#isClosed) return;
		const abort = new AbortController();
		this.#reading = { abort, since: performance.now() };
		try {
			const config = await this.#reader.read(abort.signal);
			if (this.#isClosed) return;
			this.#retry = undefined;
			this.#events.taken(config);
		} catch (error) {
			// Half of a write, or an old one: what counts is read next.
			if (!(await this.#reader.isCurrent())) return;
			if (this.#isClosed) return;
			const before = isRetry ? this.#retry : undefined;
			this.#retry = nextRetry(error, before?.afterMs);
			if (messageOf(error) !== before?.message) this.#events.failed(error);
		} finally {
			this.#reading = undefined;
		}
	}

	async #giveUpIfStale({
		abort,
		since,
	}: {
		abort: AbortController;
		since: number;
	}): Promise<void> {
		if (performance.now() - since < streamAfterMs) return;
		if (abort.signal.aborted || (await this.#reader.isCurrent())) return;
		abort.abort();
		this.#events.givenUp(streamAfterMs);
	}
}

/** Where the fault need not be in the files that are compared: a module that is missing, no memory, a machine too busy. */
function nextRetry(error: unknown, lastMs = 0) {
	const code = error instanceof ConfigError ? error.code : undefined;
	const isSlow = code === "CONFIG_TIMED_OUT";
	const isLasting =
		code !== undefined && code !== "CONFIG_NOT_LOADABLE" && !isSlow;
	if (isLasting) return undefined;
	const afterMs = Math.min(lastMs * 2 || firstRetryMs, longestRetryMs);
	if (isSlow && afterMs > lastSlowRetryMs) return undefined;
	return {
		at: performance.now() + afterMs,
		afterMs,
		message: messageOf(error),
	};
}

function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
