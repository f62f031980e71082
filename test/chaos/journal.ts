import { FaultTrail } from "./fault-trail.ts";
import type { RestartSignal } from "./plan-faults.ts";
import { TrackedRequest } from "./tracked-request.ts";

/** The texts that `nonceOf` makes, wherever they stand. */
const nonces = /chaos:[\w-]+:\d+/g;
const mostViolations = 40;
/** How long after a fault its server may still refuse what waited for it, in ms. */
const aftermathMs = 15_000;

/** What of a message of the bridge is said about a request. */
export interface Said {
	text?: string | undefined;
	error?: { code: number; message: string; data?: unknown } | undefined;
}

/** All requests of all clients, and what should not have been. */
export class Journal {
	readonly violations: string[] = [];
	readonly requests = new Map<string, TrackedRequest>();
	readonly statuses = new Map<string, number>();
	readonly faults = new FaultTrail();
	/** How the bridge was last ended, where that was not over by then. */
	readonly absentSince: (began: number) => RestartSignal | undefined;
	readonly #counts = new Map<string, number>();
	#violationCount = 0;

	constructor(absentSince: (began: number) => RestartSignal | undefined) {
		this.absentSince = absentSince;
	}

	get violationCount(): number {
		return this.#violationCount;
	}

	/**
	 * Something that no fault explains.
	 *
	 * @param abouts the names of who has to do with it
	 */
	violation(what: string, ...abouts: string[]): void {
		this.#violationCount++;
		if (this.violations.length < mostViolations)
			this.violations.push(`${what} (${this.faults.before(abouts)})`);
	}

	/** One more request of a client, about to be sent. */
	begin(client: string, server: string, tool: string): TrackedRequest {
		const count = (this.#counts.get(client) ?? -1) + 1;
		this.#counts.set(client, count);
		const nonce = `chaos:${client}:${count}`;
		const request = new TrackedRequest(this, { nonce, client, server, tool });
		this.requests.set(nonce, request);
		return request;
	}

	/** The requests that a text names. */
	named(text: string): TrackedRequest[] {
		const found = new Set(text.match(nonces));
		return [...found].flatMap((nonce) => this.requests.get(nonce) ?? []);
	}

	/** Those of one client, or of all, that nobody has accounted for yet. */
	open(client?: string): TrackedRequest[] {
		return [...this.requests.values()].filter(
			(request) =>
				request.outcome === undefined &&
				(client === undefined || request.client === client),
		);
	}

	/** Whether a request that was begun then may be told that its server was not there. */
	isDisturbed(server: string, began: number): boolean {
		const since = began - aftermathMs;
		return (
			this.absentSince(since) !== undefined ||
			this.faults.has(["kill", "toggle"], server, since)
		);
	}

	count(counts: Map<string, number>, what: string): void {
		counts.set(what, (counts.get(what) ?? 0) + 1);
	}

	/** How many requests came to which end. */
	outcomes(): Record<string, number> {
		const counts = new Map<string, number>();
		for (const { outcome, late } of this.requests.values()) {
			this.count(counts, outcome ?? "unanswered");
			if (late) this.count(counts, "lost, and answered later");
		}
		return Object.fromEntries([...counts].sort());
	}
}
