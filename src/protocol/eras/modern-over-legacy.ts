import { ErrorCode } from "../error-codes.ts";
import { noSuchMethod } from "../given-errors.ts";
import {
	type ErrorObject,
	errorOf,
	type Request,
	resultOf,
} from "../messages.ts";
import type { Peer, Receive } from "../peer.ts";
import type { LinkOptions } from "../recipients.ts";
import { mayAsk } from "./input.ts";
import {
	initializeFor,
	isWanted,
	missingCapability,
	modernResponse,
	notAsked,
	setLogLevel,
} from "./legacy-child.ts";
import { ListenOverLegacy } from "./listen-over-legacy.ts";
import type { ModernClient } from "./meta.ts";
import type { SuspendedCalls } from "./suspended-calls.ts";
import { discoverResult, isOtherwise, legacyRequest } from "./to-modern.ts";

/** How long a child gets to end a call of which it was refused a question, in ms. */
const lateAnswerMs = 10_000;

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
		let answered = false;
		let left = false;
		let lateAnswer: NodeJS.Timeout | undefined;
		end = () => {
			left = true;
			if (answered || !settled) peer.close();
			// A child that has been refused a question ends the call by itself; told to, it might never say that it has.
			else lateAnswer = setTimeout(() => peer.close(), lateAnswerMs);
		};
		const hear: Receive = (message) => {
			if (!("method" in message)) {
				answered = true;
				settle(modernResponse(request, message, serverInfo));
				if (!left) return;
				clearTimeout(lateAnswer);
				peer.close();
			} else if ("id" in message) {
				const missing = missingCapability(message, client);
				if (missing) settle(errorOf(request.id, missing));
				dropped("question-nobody-can-answer");
				peer.tell(errorOf(message.id, notAsked(message.method)));
			} else if (isWanted(message, client)) {
				if (!settled) receive(message);
			} else if (!message.method.endsWith("/list_changed")) {
				dropped("notification-nobody-asked-for");
			}
		};
		// Beside the request there may be one that sets the log level: what comes then names neither.
		peer.listen(hear);
		setLogLevel(peer, request, client);
		peer.ask(legacyRequest(request), hear);
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
			if (isOtherwise(request.method)) {
				receive(errorOf(request.id, noSuchMethod(request.method)));
			} else if (asking) end = calls.ask(request, client, receive);
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

const noStateHere: ErrorObject = {
	code: ErrorCode.invalidParams,
	message: `"requestState" was not given for such a request`,
	data: { code: "REQUEST_STATE_INVALID" },
};
