import {
	type ErrorObject,
	errorOf,
	type Id,
	isId,
	type Members,
	type Message,
	type Notification,
	type Request,
	type Response,
} from "../protocol/messages.ts";
import { type Envelope, metaOf } from "../protocol/meta.ts";
import { isSubscription, isWatch } from "../protocol/modern-methods.ts";
import type { Receive } from "../protocol/peer.ts";
import type { Era } from "../protocol/revisions.ts";
import type { Subscription } from "./subscription.ts";

/** A call that the child has. */
export interface AtChild {
	/** `read` once all of it has left the bridge: from then on the child may have acted on it. */
	name: "sent" | "read";
	/** Its id and progress token at the child. */
	readonly id: number;
	/** When it was sent, or its client answered the last question that came meanwhile. Times are in ms of the multiplexer's clock. */
	sentAt: number;
	/** The same, or when the child last told of its progress. */
	heardAt: number;
	/** The least severe log message that it was sent to have, where it was. */
	readonly logLevel: string | undefined;
}

/** Where a call stands. */
export type CallState =
	/** It waits for a child, or for its turn at one, since then. */
	| { name: "queued"; since: number }
	| AtChild
	/** Open, with nothing in flight: its client is asked for input, or it is a subscription that the bridge keeps. */
	| { name: "parked" }
	/** Answered, cancelled or left. */
	| { name: "settled" };

/** What a call has changed at a legacy child, as far as it has to be taken back where the call comes to nothing. */
export type Setting =
	| { name: "subscription"; uri: string }
	| { name: "level"; before: string | undefined };

/** What a child wants to know of a client before it answers (2026-07-28, basic/patterns/mrtr). */
export interface Input {
	/** How often it has asked. */
	rounds: number;
	/** What it wants to have back with the answers. */
	requestState: unknown;
	/** The client's answers, by the keys of \`inputRequests\`. */
	responses: Members;
	/** How many are missing. */
	open: number;
}

/**
 * One request of one client, from the door to its answer: in the client's own
 * era, whatever the child speaks.
 */
export class Call {
	readonly connection: Connection;
	readonly request: Request;
	/** The client's own progress token, where it gave one. */
	readonly token: Id | undefined;
	/** It stays open, and nobody waits for its answer. */
	readonly isSubscription: boolean;
	readonly #receive: Receive;
	#state: CallState = { name: "parked" };
	/** The child that had it has died, and it goes to another one: once. */
	isRepeated = false;
	/** The progress that its client has last been told of. */
	progress: number | undefined;
	/** That of the time when another child had it. */
	progressBefore: number | undefined;
	/** Questions that its client has been asked since it was sent, and has not answered. */
	openQuestions = 0;
	setting: Setting | undefined;
	/** What has come of a `subscriptions/listen` so far. */
	subscription: Subscription | undefined;
	/** Where it is a legacy client's on a child of revision 2026-07-28 that has asked for input. */
	input: Input | undefined;

	constructor(connection: Connection, request: Request, receive: Receive) {
		this.connection = connection;
		this.request = request;
		this.#receive = receive;
		const token = metaOf(request.params)?.progressToken;
		this.token = isId(token) ? token : undefined;
		this.isSubscription = isSubscription(request);
		connection.calls.add(this);
		if (!this.isSubscription) connection.tally?.add();
	}

	get state(): CallState {
		return this.#state;
	}

	/** Whether it has been answered. */
	get isSettled(): boolean {
		return this.#state.name === "settled";
	}

	/** Moves it on; what is settled stays so. */
	enter(state: Exclude<CallState, { name: "settled" }>): void {
		if (!this.isSettled) this.#state = state;
	}

	/**
	 * Answers it, under the client's own id; false where it has been answered.
	 *
	 * @throws what the receiver throws: it has been given the answer, and gets no other
	 */
	settle(response: Response): boolean {
		if (this.isSettled) return false;
		this.#state = { name: "settled" };
		this.connection.calls.delete(this);
		if (!this.isSubscription) this.connection.tally?.remove();
		const { id } = this.request;
		this.#receive(response.id === id ? response : { ...response, id });
		return true;
	}

	/** Answers it with an error of the bridge's own; false where it has been answered. */
	fail(error: ErrorObject): boolean {
		const { id } = this.request;
		return this.settle(errorOf(id, this.connection.errorFor(error)));
	}

	/** Takes back what it has set up on its connection: it has come to nothing. */
	revert(): void {
		const { connection, setting } = this;
		if (setting?.name === "subscription") connection.uris.delete(setting.uri);
		else if (setting?.name === "level") connection.level = setting.before;
	}

	/** Gives its client a message that comes before the answer. */
	say(message: Notification | Request): void {
		if (!this.isSettled) this.#receive(message satisfies Message);
	}
}

/** Who connects to a child. */
export interface ConnectionOptions {
	/** What the client speaks. */
	era: Era;
	/** What it says of itself: a child of the other era has to hear it. */
	client?: Envelope;
	/** It can be asked also where the child was not told so. */
	takesQuestions?: boolean;
	/** An error of the bridge's own in the codes of the client's era. */
	errorFor?(error: ErrorObject): ErrorObject;
	/** It has gone. */
	left?(): void;
	/** Counts its calls, but for subscriptions, while they are not answered. */
	tally?: Tally;
}

/** How many requests are not answered yet. */
export interface Tally {
	add(): void;
	remove(): void;
}

/**
 * One client's place at a child, which may be replaced under it: a legacy
 * client's conversation, or one request of a modern client. What it has set up
 * outlives the child.
 */
export class Connection {
	readonly era: Era;
	readonly client: Envelope;
	readonly takesQuestions: boolean;
	readonly errorFor: (error: ErrorObject) => ErrorObject;
	readonly left: () => void;
	readonly tally: Tally | undefined;
	/** Takes what belongs to no request of it. */
	listener: Receive = () => {};
	/** Its calls that are open. */
	readonly calls = new Set<Call>();
	/** The log level that it has set, where it has. */
	level: string | undefined;
	/** The resources that it has subscribed to by `resources/subscribe`. */
	readonly uris = new Set<string>();

	constructor({
		era,
		client = { capabilities: {} },
		takesQuestions = false,
		errorFor = (error) => error,
		left = () => {},
		tally,
	}: ConnectionOptions) {
		this.era = era;
		this.client = client;
		this.takesQuestions = takesQuestions;
		this.errorFor = errorFor;
		this.left = left;
		this.tally = tally;
	}

	/** Its only call that a child has; undefined where there are several, or none. */
	get onlyCall(): Call | undefined {
		let only: Call | undefined;
		for (const call of this.calls) {
			const { name } = call.state;
			if (name !== "sent" && name !== "read") continue;
			if (only) return undefined;
			only = call;
		}
		return only;
	}

	/** Whether it is to be told of a resource. */
	get isWatching(): boolean {
		return (
			this.uris.size > 0 ||
			[...this.calls].some(({ request }) => isWatch(request))
		);
	}

	/** Tells it what a legacy client hears without asking: a list has changed. */
	tellChange(notification: Notification): void {
		if (this.era === "legacy") this.listener(notification);
	}
}
