import { ErrorCode } from "../error-codes.ts";
import { cancellation } from "../given-errors.ts";
import { isAtLeast } from "../log-levels.ts";
import {
	type ErrorObject,
	errorOf,
	type Message,
	type Notification,
	type Request,
	type Response,
	resultOf,
} from "../messages.ts";
import type { Peer, Receive } from "../peer.ts";
import type { LinkOptions } from "../recipients.ts";
import { declares, mayAsk, requiredCapability } from "./input.ts";
import { ListenOverLegacy } from "./listen-over-legacy.ts";
import type { Envelope, ModernClient } from "./meta.ts";
import type { SuspendedCalls } from "./suspended-calls.ts";
import {
	discoverResult,
	legacyRequest,
	modernError,
	modernResult,
} from "./to-modern.ts";

/** Where a modern client's requests to a legacy server go. */
export interface ModernOverLegacyOptions {
	client: ModernClient;
	/** A peer on a child that others may be on too. */
	connect(options: LinkOptions): Peer;
	/** Serves the requests during which the client can be asked; undefined where it never can. */
	calls: SuspendedCalls | undefined;
	/** A message had no counterpart and was dropped: its kind. */
	dropped(kind: string): void;
}

/**
 * A modern client's peer on a legacy child, for one request: the client's
 * identity does not reach the child, what the child says without being able to
 * name the request is passed on only where it is certain, and what it asks
 * becomes an `input_required` result (2026-07-28, changelog).
 */
export function modernOverLegacy(options: ModernOverLegacyOptions): Peer {
	const { client, calls, dropped } = options;
	let end = () => {};

	const connect = (more: LinkOptions = {}) => {
		const peer = options.connect(more);
		end = () => peer.close();
		return peer;
	};

	const plain = (request: Request, receive: Receive) => {
		const peer = connect({ takesQuestions: true });
		let serverInfo: unknown;
		let settled = false;
		const settle: Receive = (message) => {
			if (settled) return;
			settled = true;
			receive(message);
		};
		peer.ask(initializeFor(request), (message) => {
			if ("result" in message) serverInfo = message.result.serverInfo;
		});
		setLogLevel(peer, request, client);
		peer.ask(legacyRequest(request), (message) => {
			if (!("method" in message)) {
				settle(modernResponse(request, message, serverInfo));
			} else if ("id" in message) {
				const missing = missingCapability(message, client);
				if (missing) settle(errorOf(request.id, missing));
				dropped("question-nobody-can-answer");
				peer.tell(errorOf(message.id, notAsked(message.method)));
				if (missing) {
					const reason =
						"It needs a capability that the client has not declared";
					peer.tell(cancellation(request.id, reason));
				}
			} else if (isWanted(message, client)) {
				if (!settled) receive(message);
			} else dropped("notification-nobody-asked-for");
		});
	};

	return {
		ask(request, receive) {
			switch (request.method) {
				case "server/discover":
					connect().ask(initializeFor(request), (message) => {
						if ("method" in message) return;
						receive(
							"result" in message
								? resultOf(request.id, discoverResult(message.result))
								: modernResponse(request, message, undefined),
						);
					});
					return;
				case "subscriptions/listen": {
					const listen = new ListenOverLegacy(request, receive, dropped);
					listen.start(connect({ ended: () => listen.end() }));
					return;
				}
			}
			const asking = calls && mayAsk(request.method);
			if (asking) end = calls.ask(request, client, receive);
			else if (request.params?.requestState !== undefined) {
				receive(errorOf(request.id, noStateHere));
			} else plain(request, receive);
		},
		tell() {
			// A modern client has nothing to tell: it closes the stream instead (basic/patterns/cancellation).
		},
		listen() {
			// Nothing comes to a modern client that belongs to no request.
		},
		close: () => end(),
	};
}

/** Lets the server's identity be known before the answer that has to carry it. */
export function initializeFor({ id }: Request): Request {
	return { jsonrpc: "2.0", id, method: "initialize" };
}

/** Sets a legacy child to send the log messages that a request wants. */
export function setLogLevel(
	peer: Peer,
	{ id }: Request,
	{ logLevel }: Envelope,
): void {
	if (logLevel === undefined) return;
	const method = "logging/setLevel";
	peer.ask(
		{ jsonrpc: "2.0", id, method, params: { level: logLevel } },
		() => {},
	);
}

/** A legacy child's answer as the modern client has to see it. */
export function modernResponse(
	{ id, method, params }: Request,
	response: Response,
	serverInfo: unknown,
): Message {
	return "result" in response
		? resultOf(id, modernResult(method, response.result, serverInfo))
		: errorOf(id, modernError(response.error, params));
}

/** Whether a notification that came with a request may go to its client: progress, and the log messages it wants. */
export function isWanted(
	{ method, params }: Notification,
	{ logLevel }: Envelope,
): boolean {
	if (method === "notifications/progress") return true;
	return (
		method === "notifications/message" &&
		logLevel !== undefined &&
		isAtLeast(params?.level, logLevel)
	);
}

/** The error for a question that the client has not declared to answer; undefined where it has. */
export function missingCapability(
	{ method, params }: Request,
	{ capabilities }: Envelope,
): ErrorObject | undefined {
	const required = requiredCapability(method, params);
	if (!required || declares(capabilities, required)) return undefined;
	return {
		code: ErrorCode.missingClientCapability,
		message: `The server needs to ask its client "${method}", which the client has not declared`,
		data: { requiredCapabilities: required },
	};
}

/** What the child is told where its question can be put to nobody. */
export function notAsked(method: string): ErrorObject {
	return {
		code: ErrorCode.methodNotFound,
		message: `"${method}" cannot be asked of this client`,
	};
}

const noStateHere: ErrorObject = {
	code: ErrorCode.invalidParams,
	message: `"requestState" was not given for such a request`,
	data: { code: "REQUEST_STATE_INVALID" },
};
