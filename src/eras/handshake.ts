import type { Client } from "../protocol/client.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { printJson } from "../protocol/json.ts";
import {
	errorOf,
	isMembers,
	isRequest,
	type Message,
	type Notification,
	type Request,
	type Response,
	resultOf,
} from "../protocol/messages.ts";
import type { Peer, Receive } from "../protocol/peer.ts";
import { negotiate } from "../protocol/revisions.ts";

/** A client that has not said anything. */
export const silentClient: Client = { capabilities: {} };

/**
 * The bridge's side of a legacy client's handshake, so that no client can
 * break the child's: `initialize` is answered with the child's own result under
 * the revision that the client asked for, `notifications/initialized` is
 * swallowed, `ping` is answered here. A client that never sends `initialize`
 * is served as if it had, without capabilities: some clients reopen their
 * stream behind their own back and go on (2025-11-25, lifecycle).
 *
 * @param open gives the peer for a client, once it is known what it can do
 * @param known who it is, where its `initialize` was before: with another bridge, or on another stream
 */
export function handshake(
	open: (client: Client) => Peer,
	known: Client = silentClient,
): Peer {
	let peer: Peer | undefined;
	let opened = "";
	let listener: Receive = () => {};
	let closed = false;

	const peerFor = (client: Client): Peer => {
		// A client may initialize again on the same session: only one with other capabilities needs another child.
		const capabilities = printJson(client.capabilities);
		if (peer && opened === capabilities) return peer;
		peer?.close();
		opened = capabilities;
		peer = open(client);
		peer.listen((message) => listener(message));
		return peer;
	};
	const current = () => peer ?? peerFor(known);

	return {
		ask(request, receive) {
			if (closed) {
				const message = "The session has ended";
				const code = ErrorCode.sessionNotFound;
				receive(errorOf(request.id, { code, message }));
				return;
			}
			switch (request.method) {
				case "initialize":
					peerFor(clientOf(request)).ask(request, (message) =>
						receive(withRevision(message, request)),
					);
					break;
				case "ping":
					receive(resultOf(request.id, {}));
					break;
				case "server/discover":
					// Modern, and the end of some legacy children that get it.
					receive(
						errorOf(request.id, {
							code: ErrorCode.methodNotFound,
							message: `"server/discover" is not a method of the revisions that are served here`,
						}),
					);
					break;
				default:
					current().ask(request, receive);
			}
		},
		tell(message: Notification | Response) {
			if (closed) return;
			if ("method" in message && message.method === "notifications/initialized")
				return;
			current().tell(message);
		},
		listen(receive) {
			listener = receive;
		},
		close() {
			closed = true;
			peer?.close();
		},
	};
}

/** What an `initialize` request says of its client. */
export function clientOf(request: Request): Client {
	const { capabilities, clientInfo } = request.params ?? {};
	return {
		capabilities: isMembers(capabilities) ? capabilities : {},
		...(isMembers(clientInfo) ? { info: clientInfo } : {}),
	};
}

function withRevision(message: Message, request: Request): Message {
	if (isRequest(message) || !("result" in message)) return message;
	const protocolVersion = negotiate(request.params?.protocolVersion);
	return { ...message, result: { ...message.result, protocolVersion } };
}
