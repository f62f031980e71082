import {
	problemCode,
	problemLine,
	unsetVariables,
} from "./config/config-error.ts";
import type { FaultyEntry } from "./config/resolve-config.ts";
import type { DropKind } from "./protocol/drop-kinds.ts";
import { ErrorCode } from "./protocol/error-codes.ts";
import { type ErrorObject, errorOf } from "./protocol/messages.ts";
import type { Mirrored } from "./protocol/parameter-headers.ts";
import type { Peer } from "./protocol/peer.ts";
import type { Probe, ServerFailure } from "./protocol/server-health.ts";
import type { Served, ServerMetrics } from "./routes/route-context.ts";

/** So many problems are told to clients. */
const maxLines = 20;

/** Stands at the place of a server whose entry in the config cannot be served: it answers every request with the reason. */
export class FaultyServer implements Served {
	readonly name: string;
	readonly needsSession = false;
	readonly unanswered = 0;
	readonly maxRequests = Number.POSITIVE_INFINITY;
	readonly failure: ServerFailure;
	readonly #dropped: Record<string, number> = {};
	readonly #limitsReached: Record<string, number> = {};
	readonly #error: ErrorObject;

	constructor({ name, problems }: FaultyEntry) {
		this.name = name;
		const code = problemCode(problems);
		const unset = unsetVariables(problems);
		const summary = unset === "" ? "" : ` (not set: ${unset})`;
		const lines = problems.slice(0, maxLines).map(problemLine);
		const more = problems.length - lines.length;
		if (more > 0) lines.push(`and ${more} more`);
		const reason = `cannot be served, correct its entry in the config${summary}: ${lines.join("; ")}`;
		const now = new Date().toISOString();
		this.failure = {
			code,
			reason,
			cause: lines[0] ?? reason,
			failures: 1,
			firstFailureAt: now,
			lastFailureAt: now,
			nextTry: "when its entry in the config is corrected",
			stderr: [],
		};
		this.#error = {
			code: ErrorCode.serverUnavailable,
			message: `Server "${name}" ${reason}`,
			data: { code, server: name },
		};
	}

	/** There is nothing to start. */
	start(): void {}

	/** There is nothing to stop. */
	async stop(): Promise<void> {}

	open(): Peer {
		return {
			ask: ({ id }, receive) => receive(errorOf(id, this.#error)),
			tell() {},
			listen() {},
			close() {},
		};
	}

	openModern(): Peer {
		return this.open();
	}

	/** Calls get the reason too. */
	async mirrored(): Promise<Mirrored> {
		return { parameters: [] };
	}

	offers(): boolean {
		return false;
	}

	reserve(): () => void {
		return () => {};
	}

	dropped(kind: DropKind): void {
		this.#dropped[kind] = (this.#dropped[kind] ?? 0) + 1;
	}

	limitReached(limit: string): void {
		this.#limitsReached[limit] = (this.#limitsReached[limit] ?? 0) + 1;
	}

	async probe(): Promise<Probe> {
		const { code, reason } = this.failure;
		const at = new Date().toISOString();
		return { status: "failed", at, reason, code };
	}

	status() {
		const { failure } = this;
		const { failures, cause, nextTry, firstFailureAt } = failure;
		const { startTimes, limits, longestQueue, ...counts } = this.metrics();
		return {
			name: this.name,
			state: "failed",
			since: firstFailureAt,
			failures,
			cause,
			nextTry,
			failure,
			queue: { unanswered: 0, inFlight: 0, waiting: 0 },
			...counts,
			children: [],
		};
	}

	metrics(): ServerMetrics {
		return {
			unanswered: 0,
			inFlight: 0,
			waiting: 0,
			suspendedCalls: 0,
			children: 0,
			spawned: 0,
			noiseLines: 0,
			repaired: {},
			retried: 0,
			dropped: this.#dropped,
			limitsReached: this.#limitsReached,
			longestQueue: 0,
			childFailures: {},
			stops: {},
			startTimes: undefined,
			limits: {},
		};
	}
}
