import type { Message, Notification, Request, Response } from "./messages.ts";

/** Takes messages in their order. Called synchronously; must not throw. */
export type Receive = (message: Message) => void;

/**
 * Anything that answers MCP messages, as `fetch` is anything that answers HTTP
 * requests. It maps one to one on Streamable HTTP: a POST with a request is
 * `ask`, with anything else `tell`, GET is `listen`, DELETE is `close`.
 *
 * A peer speaks one era, and is for one client of it: a legacy client's
 * conversation, or one request of a modern client, whose closed response is
 * `close`. A decorator that translates between the eras takes a peer and gives one.
 *
 * Messages are handed to callbacks and not through async iterables: an answer
 * then costs no promise between the child's line and the socket, and its order
 * against a notification just before it needs no thought.
 */
export interface Peer {
	/**
	 * One request: everything that belongs to it is received, its response last
	 * and exactly once. Never throws: a dead child is a JSON-RPC error.
	 * A request that its sender cancels is answered with error -32800.
	 */
	ask(request: Request, receive: Receive): void;
	/** A notification, or the client's answer to a question of the server. */
	tell(message: Notification | Response): void;
	/** What belongs to no request: list_changed, resource updates, the server's own questions. One listener at a time, a later one replaces it. */
	listen(receive: Receive): void;
	/** Ends the conversation; what is still in flight is cancelled. */
	close(): void;
}
