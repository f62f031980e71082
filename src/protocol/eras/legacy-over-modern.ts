import { ErrorCode } from "../error-codes.ts";
import { endedError } from "../given-errors.ts";
import type { Client } from "../handshake.ts";
import { isLogLevel } from "../log-levels.ts";
import {
	errorOf,
	isSameId,
	type Notification,
	type Request,
	type Response,
	resultOf,
} from "../messages.ts";
import type { Peer, Receive } from "../peer.ts";
import { LegacyCall } from "./legacy-call.ts";
import { LegacySubscriptions } from "./legacy-subscriptions.ts";
import type { Envelope } from "./meta.ts";
import { initializeResult, modernRequest } from "./to-legacy.ts";

/** Until a legacy client says otherwise a server may choose what it logs; a modern one logs nothing that nobody asked for. */
const unsetLogLevel = "info";

/**
 * A legacy client's peer on a modern child: what the client said once, in its
 * handshake, travels with each of its requests; what the modern revision has
 * removed is served here; an `input_required` result becomes questions to the
 * client (2026-07-28, changelog).
 *
 * @param peer on the modern child
 * @param dropped a message had no counterpart and was dropped: its kind
 */
export function legacyOverModern(
	peer: Peer,
	client: Client,
	dropped: (kind: string) => void,
): Peer {
	const envelope: Envelope = {
		capabilities: client.capabilities,
		...(client.info ? { info: client.info } : {}),
		logLevel: unsetLogLevel,
	};
	let listener: Receive = () => {};
	let lastQuestion = 0;
	// Nothing, unless a legacy child takes the modern one's place.
	peer.listen((message) => listener(message));
	const calls = new Set<LegacyCall>();
	const subscriptions = new LegacySubscriptions(
		(request, receive) => peer.ask(modernRequest(request, envelope), receive),
		(message) => peer.tell(message),
		(message) => listener(message),
	);

	const initialize = ({ id }: Request, receive: Receive) => {
		const discover: Request = { jsonrpc: "2.0", id, method: "server/discover" };
		peer.ask(modernRequest(discover, envelope), (message) => {
			if (!("result" in message)) {
				receive(message);
				return;
			}
			const result = initializeResult(message.result);
			receive(resultOf(id, result));
			subscriptions.followLists(result.capabilities);
		});
	};
	const call = (request: Request, receive: Receive) => {
		const own = new LegacyCall(request, envelope, {
			ask: (modern, hear) => peer.ask(modern, hear),
			nextQuestion: () => `input-${++lastQuestion}`,
			receive(message) {
				if (!("method" in message)) calls.delete(own);
				receive(message);
			},
		});
		calls.add(own);
		own.send();
	};
	const setLevel = ({ id, params }: Request): Response => {
		if (!isLogLevel(params?.level)) {
			const message = `"level" is no log level: ${JSON.stringify(params?.level)}`;
			return errorOf(id, { code: ErrorCode.invalidParams, message });
		}
		envelope.logLevel = params.level;
		return resultOf(id, {});
	};
	const cancel = (notification: Notification) => {
		const { requestId } = notification.params ?? {};
		const own = [...calls].find(({ request }) =>
			isSameId(request.id, requestId),
		);
		// While the client is asked nothing is in flight at the child.
		if (!own?.cancel()) peer.tell(notification);
	};

	return {
		ask(request, receive) {
			subscriptions.renew();
			switch (request.method) {
				case "initialize":
					initialize(request, receive);
					break;
				case "logging/setLevel":
					receive(setLevel(request));
					break;
				case "resources/subscribe":
					subscriptions.subscribe(request, receive);
					break;
				case "resources/unsubscribe":
					subscriptions.unsubscribe(request.params?.uri);
					receive(resultOf(request.id, {}));
					break;
				default:
					call(request, receive);
			}
		},
		tell(message: Notification | Response) {
			if (!("method" in message)) {
				const asked = [...calls].some((own) => own.answer(message));
				if (!asked) dropped("answer-to-no-question");
			} else if (message.method === "notifications/cancelled") cancel(message);
			else dropped("notification-unknown-to-modern-child");
		},
		listen(receive) {
			listener = receive;
		},
		close() {
			for (const own of calls) own.end(endedError);
			peer.close();
		},
	};
}
