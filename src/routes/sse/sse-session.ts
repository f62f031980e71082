import { clientOf } from "../../eras/handshake.ts";
import { cancelledError } from "../../protocol/bridge-errors.ts";
import { printJson } from "../../protocol/json.ts";
import {
	type ErrorObject,
	errorOf,
	type Id,
	isRequest,
	type Message,
	type Notification,
	type Request,
	type Response,
} from "../../protocol/messages.ts";
import type { Peer, Receive } from "../../protocol/peer.ts";
import {
	type LegacyRevision,
	legacyRevisions,
	negotiate,
} from "../../protocol/revisions.ts";
import type { SessionOpening } from "../../seal/session-ids.ts";
import type { Event, EventStream } from "../event-stream.ts";
import type { MessageOrigin } from "../message-origin.ts";
import type { Observe } from "../observed-request.ts";

/** What a session works with. */
export interface SseSessionOptions {
	/** Has its requests told to who wants to hear of them. */
	observe: Observe;
	/** What is known of its client from before. */
	opening: SessionOpening | undefined;
	/** The id by which the session can be taken up again, knowing this of its client. */
	idFor(opening: SessionOpening): string;
	/** Bytes that are kept for a client whose stream broke while it was owed something. */
	maxKeptBytes: number;
	/** The client has gone and what it asked for is done. */
	finished(): void;
}

/** How long an answer is kept for a client whose stream broke: longer than an EventSource waits before it comes back. */
const keptMs = 10_000;

/** A legacy client's conversation over HTTP+SSE (2024-11-05, transports): one stream at a time carries all that it gets. */
export class SseSession {
	/** When it was last used, in ms since 1970. */
	lastUsed = Date.now();
	readonly #peer: Peer;
	readonly #options: SseSessionOptions;
	#opening: SessionOpening | undefined;
	#connection: EventStream | undefined;
	#unanswered = 0;
	#kept: Event[] = [];
	#keptBytes = 0;
	#timer: NodeJS.Timeout | undefined;

	constructor(peer: Peer, options: SseSessionOptions) {
		this.#peer = peer;
		this.#options = options;
		this.#opening = options.opening;
		peer.listen((message) => this.#send(message));
	}

	/** The revision that its `initialize` agreed on. */
	get revision(): LegacyRevision {
		return this.#opening?.revision ?? legacyRevisions[0];
	}

	/** Whether its stream is open. */
	get active(): boolean {
		return this.#connection !== undefined;
	}

	/** How many requests of its client are not answered yet. */
	get unanswered(): number {
		return this.#unanswered;
	}

	/** What is known of its client: what its stream has to begin with. */
	get opening(): SessionOpening | undefined {
		return this.#opening;
	}

	/** Puts it on a stream, which has begun. What came while it had none is sent. One that carried it before is ended. */
	attach(connection: EventStream): void {
		clearTimeout(this.#timer);
		const previous = this.#connection;
		this.#connection = connection;
		previous?.end();
		connection.send(...this.#kept.splice(0));
		this.#keptBytes = 0;
	}

	/** Takes one message of the client; it is on its way to the child when this returns. */
	take(message: Message, origin?: MessageOrigin): void {
		this.lastUsed = Date.now();
		if (isRequest(message)) this.#ask(message, origin);
		else this.#peer.tell(message as Notification | Response);
	}

	/** Answers a request of the client that goes no further. */
	refuse(id: Id, error: ErrorObject): void {
		this.lastUsed = Date.now();
		this.#send(errorOf(id, error));
	}

	/** A stream is gone. That cancels nothing: what its client asked for is done first, and kept for a while. */
	leave(connection: EventStream): void {
		if (this.#connection !== connection) return;
		this.#connection = undefined;
		this.lastUsed = Date.now();
		if (this.#unanswered === 0) this.#finish();
	}

	close(): void {
		clearTimeout(this.#timer);
		this.#peer.close();
		this.#connection?.end();
	}

	#finish(): void {
		this.#peer.close();
		this.#options.finished();
	}

	#ask(request: Request, origin: MessageOrigin | undefined): void {
		if (request.method === "initialize") {
			const revision = negotiate(request.params?.protocolVersion);
			this.#opening = { revision, client: clientOf(request) };
		}
		clearTimeout(this.#timer);
		this.#unanswered++;
		const receive: Receive = (message) => {
			const isOpening = request.method === "initialize" && "result" in message;
			this.#send(message, isOpening ? this.#opening : undefined);
			if ("method" in message) return;
			this.#unanswered--;
			if (this.#connection || this.#unanswered > 0) return;
			clearTimeout(this.#timer);
			this.#timer = setTimeout(() => this.#finish(), keptMs);
		};
		const observed = this.#options.observe(request, receive, origin);
		this.#peer.ask(observed.request, observed.receive);
	}

	/** @param opening what the client has to know it can be taken up by from now on */
	#send(message: Message, opening?: SessionOpening): void {
		// Nobody waits for the answer to a request that was cancelled (2025-11-25, cancellation).
		if ("error" in message && message.error === cancelledError) return;
		const data = printJson(message);
		const event: Event = {
			event: "message",
			data,
			...(opening && { id: this.#options.idFor(opening) }),
		};
		if (this.#connection) {
			this.#connection.send(event);
			return;
		}
		this.#keptBytes += Buffer.byteLength(data);
		if (this.#keptBytes <= this.#options.maxKeptBytes) this.#kept.push(event);
	}
}
