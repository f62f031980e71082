import { cancelledError } from "../protocol/given-errors.ts";
import {
	isRequest,
	type Message,
	type Notification,
	type Request,
	type Response,
} from "../protocol/messages.ts";
import type { Peer } from "../protocol/peer.ts";
import {
	type LegacyRevision,
	legacyRevisions,
	negotiate,
} from "../protocol/revisions.ts";
import type { EventStream } from "./event-stream.ts";

/** A legacy client's conversation over HTTP+SSE (2024-11-05, transports): one stream carries all that it gets. */
export class SseSession {
	/** The revision that its `initialize` agreed on. */
	revision: LegacyRevision = legacyRevisions[0];
	/** When it was last used, in ms since 1970. */
	lastUsed = Date.now();
	readonly #peer: Peer;
	readonly #connection: EventStream;
	readonly #onFinished: () => void;
	#inFlight = 0;
	#left = false;

	/**
	 * @param onFinished called when the client has gone and what it asked for is done
	 */
	constructor(peer: Peer, connection: EventStream, onFinished: () => void) {
		this.#peer = peer;
		this.#onFinished = onFinished;
		this.#connection = connection;
		peer.listen((message) => this.#send(message));
	}

	/** Whether its stream is open. */
	get active(): boolean {
		return !this.#left;
	}

	/** Takes one message of the client; it is on its way to the child when this returns. */
	take(message: Message): void {
		this.lastUsed = Date.now();
		if (isRequest(message)) this.#ask(message);
		else this.#peer.tell(message as Notification | Response);
	}

	/** The client has gone. That cancels nothing: what it asked for is done first. */
	leave(): void {
		this.#left = true;
		this.lastUsed = Date.now();
		if (this.#inFlight === 0) this.#finish();
	}

	close(): void {
		this.#peer.close();
		this.#connection.end();
	}

	#finish(): void {
		this.#peer.close();
		this.#onFinished();
	}

	#ask(request: Request): void {
		if (request.method === "initialize") {
			this.revision = negotiate(request.params?.protocolVersion);
		}
		this.#inFlight++;
		this.#peer.ask(request, (message) => {
			this.#send(message);
			if ("method" in message) return;
			this.#inFlight--;
			if (this.#left && this.#inFlight === 0) this.#finish();
		});
	}

	#send(message: Message): void {
		// Nobody waits for the answer to a request that was cancelled (2025-11-25, cancellation).
		if ("error" in message && message.error === cancelledError) return;
		this.#connection.send({ event: "message", data: JSON.stringify(message) });
	}
}
