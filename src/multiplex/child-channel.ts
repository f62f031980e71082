import { ExactNumber } from "../protocol/json.ts";
import { isAtLeast, isLogLevel } from "../protocol/log-levels.ts";
import {
	type Id,
	type Message,
	type Notification,
	ownId,
	type Request,
} from "../protocol/messages.ts";
import { metaKey, metaOf, withMeta } from "../protocol/meta.ts";
import type { AtChild, Call, Connection } from "./call.ts";
import type { ReadyChild } from "./ready-child.ts";

/** How long, in ms, a child may still speak on behalf of a call that was given up and that it never answers. */
const givenUpMs = 60_000;
/** More of these say no more than that nobody is certain. */
const maxGivenUp = 1000;

/** What a channel works with. */
export interface ChildChannelOptions {
	/** A number that no request to any child, and no question to any client, has had. */
	nextId(): number;
	/** Whether {@link nextId} has given it. */
	hasGiven(id: number): boolean;
	/** In ms, by a clock that only grows. */
	now(): number;
	/** All of a call's request has left the bridge. */
	read(call: Call): void;
}

/** A call that nobody waits for any more. */
interface GivenUp {
	connection: Connection;
	logLevel: string | undefined;
	/** In ms of the channel's clock. */
	until: number;
}

/**
 * The calls that one child has. Every client counts its ids from 0 and uses
 * them as progress tokens too, so on the way in each request gets an id, and
 * each token a value, that no other has had, also with the children before; on
 * the way out the client gets its own back, with their exact JSON type.
 */
export class ChildChannel {
	readonly child: ReadyChild;
	readonly #options: ChildChannelOptions;
	readonly #inFlight = new Map<Id, Call>();
	readonly #subscriptions = new Map<Id, Call>();
	readonly #givenUp = new Map<Id, GivenUp>();
	/** Calls that were given up and of which the child has not been told: it is to answer. */
	readonly #leftAlone = new Set<Id>();

	constructor(child: ReadyChild, options: ChildChannelOptions) {
		this.child = child;
		this.#options = options;
	}

	/** The calls whose answers somebody waits for, oldest first, by their ids at the child. */
	get inFlight(): ReadonlyMap<Id, Call> {
		return this.#inFlight;
	}

	/** How many calls the child has that take a turn: also those that it is left to end by itself. */
	get atWork(): number {
		return this.#inFlight.size + this.#leftAlone.size;
	}

	/** The subscriptions that are open at the child. */
	get subscriptions(): ReadonlyMap<Id, Call> {
		return this.#subscriptions;
	}

	/**
	 * Sends a call's request.
	 *
	 * @param request as the child has to see it, but for id and progress token
	 * @returns false where it cannot be written: then the child does not have it
	 */
	send(call: Call, request: Request): boolean {
		const id = this.#options.nextId();
		const now = this.#options.now();
		const level = metaOf(request.params)?.[metaKey.logLevel];
		const at: AtChild = {
			name: "sent",
			id,
			sentAt: now,
			heardAt: now,
			logLevel: isLogLevel(level) ? level : undefined,
		};
		call.enter(at);
		const calls = call.isSubscription ? this.#subscriptions : this.#inFlight;
		calls.set(id, call);
		const sent =
			call.token === undefined
				? { ...request, id }
				: {
						...request,
						id,
						params: withMeta(request.params, "progressToken", id),
					};
		let isWritten = false;
		try {
			isWritten = this.child.write(sent, () => {
				at.name = "read";
				this.#options.read(call);
			});
		} finally {
			if (!isWritten) calls.delete(id);
		}
		return isWritten;
	}

	/** Writes to the child; false for a message that cannot be written. */
	write(message: Message): boolean {
		return this.child.write(message);
	}

	/** The call that the child names, in whatever way it gives the id back. */
	find(given: unknown): Call | undefined {
		const id = ownId(given);
		if (id === undefined) return undefined;
		return this.#inFlight.get(id) ?? this.#subscriptions.get(id);
	}

	/** Takes out the call that the child answers; undefined for an id that no call has, or that is answered already. */
	take(given: unknown): Call | undefined {
		const id = ownId(given);
		if (id === undefined) return undefined;
		this.#givenUp.delete(id);
		this.#leftAlone.delete(id);
		const call = this.find(id);
		this.#inFlight.delete(id);
		this.#subscriptions.delete(id);
		return call;
	}

	/** Whether some call has had this id, now or before. */
	hasGiven(given: unknown): boolean {
		const id = ownId(given);
		return id !== undefined && this.#options.hasGiven(id);
	}

	/** The id of the call that the child has where it has one only, given up ones included. */
	get onlyId(): Id | undefined {
		const isOnly =
			this.#inFlight.size + this.#subscriptions.size === 1 &&
			this.#givenUp.size === 0;
		if (!isOnly) return undefined;
		const [only] = [...this.#inFlight.keys(), ...this.#subscriptions.keys()];
		return only;
	}

	/**
	 * Takes out a call that nobody waits for any more. The child may still answer
	 * it, and speak on its behalf until then.
	 *
	 * @param isLeftAlone the child is not told, and the call keeps its turn
	 * @returns its id at the child; undefined where the child does not have it
	 */
	giveUp(call: Call, isLeftAlone = false): number | undefined {
		const { state, connection, request, isSubscription } = call;
		if (state.name !== "sent" && state.name !== "read") return undefined;
		const { id, logLevel } = state;
		if (!this.#inFlight.delete(id) && !this.#subscriptions.delete(id)) {
			return undefined;
		}
		if (isLeftAlone) this.#leftAlone.add(id);
		if (
			!isSubscription &&
			!isSilent(request) &&
			this.#givenUp.size < maxGivenUp
		) {
			const until = this.#options.now() + givenUpMs;
			this.#givenUp.set(id, { connection, logLevel, until });
		}
		return id;
	}

	/** Whether the child is left to answer a call that was given up, by its id there. */
	isLeftAlone(given: unknown): boolean {
		const id = ownId(given);
		return id !== undefined && this.#leftAlone.has(id);
	}

	/** The child is left alone with a call no longer; false where it has ended that. */
	hurry(id: number): boolean {
		return this.#leftAlone.delete(id);
	}

	/** Everybody on whose behalf the child may be speaking now, as often as there are calls. */
	*speakers(): Generator<Connection> {
		for (const { connection, request } of this.#inFlight.values()) {
			if (!isSilent(request)) yield connection;
		}
		for (const { connection } of this.#subscriptions.values()) yield connection;
		for (const { connection } of this.#stillSpoken()) yield connection;
	}

	/**
	 * The call that a log message of that severity belongs to, where the child
	 * sends none but for calls that asked for it. Undefined where several did,
	 * also one that was given up, since the message does not say for which it is.
	 */
	logger(level: unknown): Call | undefined {
		let only: Call | undefined;
		for (const call of this.#inFlight.values()) {
			const { state } = call;
			if (!("logLevel" in state) || !isWanted(level, state.logLevel)) continue;
			if (only) return undefined;
			only = call;
		}
		for (const { logLevel } of this.#stillSpoken()) {
			if (isWanted(level, logLevel)) return undefined;
		}
		return only;
	}

	/**
	 * Takes a progress notification to the call that it belongs to. Undefined
	 * also where a child that repeats a call is not as far yet as the one before
	 * it: progress only grows (2025-11-25, basic/utilities/progress).
	 */
	progress(
		notification: Notification,
	): { call: Call; notification: Notification } | undefined {
		const call = this.find(notification.params?.progressToken);
		if (call?.token === undefined) return undefined;
		const { state } = call;
		if ("heardAt" in state) state.heardAt = this.#options.now();
		const given = notification.params?.progress;
		const progress = given instanceof ExactNumber ? Number(given.text) : given;
		if (typeof progress === "number") {
			const { progressBefore = Number.NEGATIVE_INFINITY } = call;
			if (progress <= progressBefore) return undefined;
			call.progress = Math.max(call.progress ?? progressBefore, progress);
		}
		const params = { ...notification.params, progressToken: call.token };
		return { call, notification: { ...notification, params } };
	}

	/** Takes out everything: the child has gone. Oldest first. */
	takeAll(): Call[] {
		const calls = [...this.#inFlight, ...this.#subscriptions]
			.sort(([one], [other]) => Number(one) - Number(other))
			.map(([, call]) => call);
		this.#inFlight.clear();
		this.#subscriptions.clear();
		this.#givenUp.clear();
		this.#leftAlone.clear();
		return calls;
	}

	/** What was given up and may still be spoken for; the rest is forgotten. */
	*#stillSpoken(): Generator<GivenUp> {
		for (const [id, givenUp] of this.#givenUp) {
			if (givenUp.until > this.#options.now()) yield givenUp;
			else this.#givenUp.delete(id);
		}
	}
}

function isWanted(level: unknown, wanted: string | undefined): boolean {
	return wanted !== undefined && isAtLeast(level, wanted);
}

/** Whether a child says nothing on behalf of a request. */
function isSilent({ method }: Request): boolean {
	return method === "logging/setLevel";
}
