import type { Client } from "../protocol/client.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import {
	type ErrorObject,
	errorOf,
	isMembers,
	type Members,
	type Message,
	ownId,
	type Request,
	type Response,
	resultOf,
} from "../protocol/messages.ts";
import type { Exit, ExitCode, Wire } from "../protocol/wire.ts";

/** The raw result of a child that answered the first request, or why there is none, with the error where it was answered by one. */
export type Opening = { result: Members } | NotOpened;

/** Why a child is not ready, and the error that answered the first request where one did. */
export interface NotOpened {
	failure: Exit;
	refusal?: ErrorObject;
	/** It had answered, and died of something else. */
	hasAnswered?: boolean;
}

/**
 * Opens a child.
 *
 * @param client as whom
 * @param revision in which protocol revision
 * @param startTimeoutMs how long it may take to answer
 * @param settle called once, in the tick of the answer; what stands right behind
 *   it goes to the wire's own events again
 */
export type OpenChild = (
	wire: Wire,
	client: Client,
	revision: string,
	startTimeoutMs: number,
	settle: (opening: Opening) => void,
) => void;

/** The ledger's ids begin at 1. */
const openingId = 0;

/** The first request to a child: its result, its error, or how else it came to nothing. */
export function openByRequest(
	wire: Wire,
	method: string,
	params: Members,
	startTimeoutMs: number,
	settle: (opening: Opening) => void,
): void {
	let settled = false;
	const finish: typeof settle = (opening) => {
		if (settled) return;
		settled = true;
		clearTimeout(timer);
		settle(opening);
	};
	const exit = (code: ExitCode, reason: string): Exit => ({
		code,
		reason,
		...wire.output,
	});
	const timer = setTimeout(() => {
		const reason = `did not answer ${method} within ${startTimeoutMs} ms (raise "startTimeoutMs", or look at what it waits for)`;
		finish({ failure: exit("START_TIMEOUT", reason) });
	}, startTimeoutMs);

	const { events } = wire;
	wire.events = {
		...events,
		unreadable(line, id) {
			if (id !== openingId && id !== undefined) {
				events.unreadable(line, id);
				return;
			}
			const reason = `answered ${method} with a line that cannot be read: ${line.slice(0, 300)}`;
			finish({ failure: exit("INITIALIZE_REFUSED", reason) });
		},
		message(message: Message) {
			if ("method" in message) {
				if ("id" in message) wire.write(answerBeforeReady(method, message));
				return;
			}
			// An error without an id is that of a request whose id could not be read, and there is only one.
			const isOfNone =
				"error" in message && (message.id ?? undefined) === undefined;
			if (ownId(message.id) !== openingId && !isOfNone) return;
			if ("result" in message && isMembers(message.result)) {
				wire.events = events;
				finish({ result: message.result });
				return;
			}
			const said =
				"error" in message
					? message.error.message
					: JSON.stringify(message).slice(0, 300);
			const failure = exit("INITIALIZE_REFUSED", `refused ${method}: ${said}`);
			finish(
				"error" in message ? { failure, refusal: message.error } : { failure },
			);
		},
	};
	void wire.closed.then((failure) => finish({ failure }));
	const written = wire.write({ jsonrpc: "2.0", id: openingId, method, params });
	if (!written) {
		const reason =
			"could not be told its client's capabilities: they are nested too deep";
		finish({ failure: exit("INITIALIZE_REFUSED", reason) });
	}
}

/** Before it has answered a server may ping and nothing else. */
function answerBeforeReady(opening: string, { id, method }: Request): Response {
	return method === "ping"
		? resultOf(id, {})
		: errorOf(id, {
				code: ErrorCode.invalidRequest,
				message: `"${method}" has to wait until the server has answered ${opening}`,
			});
}
