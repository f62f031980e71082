import { ErrorCode } from "../protocol/error-codes.ts";
import type { Client } from "../protocol/handshake.ts";
import {
	errorOf,
	isMembers,
	type Members,
	type Message,
	type Response,
	resultOf,
} from "../protocol/messages.ts";
import { latestLegacyRevision } from "../protocol/revisions.ts";
import type { Exit, ExitCode, Wire } from "../protocol/wire.ts";

/** A child that answered `initialize`, with its raw result, or why there is none. */
export type Opening = { result: Members } | { failure: Exit };

/** The ledger's ids begin at 1. */
const initializeId = 0;

/**
 * The bridge's own handshake with a child: `initialize` in the latest legacy
 * revision → its answer → `notifications/initialized` (2025-11-25, lifecycle).
 *
 * @param settle called once, in the tick of the answer; what stands right behind
 *   it goes to the wire's own events again
 */
export function initializeChild(
	wire: Wire,
	client: Client,
	startTimeoutMs: number,
	settle: (opening: Opening) => void,
): void {
	let settled = false;
	const finish = (opening: Opening) => {
		if (settled) return;
		settled = true;
		clearTimeout(timer);
		settle(opening);
	};
	const fail = (code: ExitCode, reason: string) =>
		finish({ failure: { code, reason, stderr: [...wire.stderr] } });
	const timer = setTimeout(
		() =>
			fail(
				"START_TIMEOUT",
				`did not answer initialize within ${startTimeoutMs} ms (raise "startTimeoutMs", or look at what it waits for)`,
			),
		startTimeoutMs,
	);

	const { events } = wire;
	wire.events = {
		...events,
		message(message: Message) {
			if ("method" in message) {
				if ("id" in message) wire.write(answerBeforeReady(message.id, message));
				return;
			}
			if (message.id !== initializeId) return;
			if ("result" in message && isMembers(message.result)) {
				wire.events = events;
				wire.write({ jsonrpc: "2.0", method: "notifications/initialized" });
				finish({ result: message.result });
			} else {
				fail(...refusal(message));
			}
		},
	};
	void wire.closed.then((failure) => finish({ failure }));
	const written = wire.write({
		jsonrpc: "2.0",
		id: initializeId,
		method: "initialize",
		params: {
			protocolVersion: latestLegacyRevision,
			capabilities: client.capabilities,
			clientInfo: client.info,
		},
	});
	if (!written) {
		fail(
			"INITIALIZE_REFUSED",
			"could not be told its client's capabilities: they are nested too deep",
		);
	}
}

/** Before it is initialized a server may ping and nothing else. */
function answerBeforeReady(
	id: string | number,
	{ method }: { method: string },
): Response {
	return method === "ping"
		? resultOf(id, {})
		: errorOf(id, {
				code: ErrorCode.invalidRequest,
				message: `"${method}" has to wait until the server has answered initialize`,
			});
}

/** Tells a child that speaks only modern revisions from one that just refuses. */
function refusal(message: Response): [ExitCode, string] {
	const error = "error" in message ? message.error : undefined;
	const said = error?.message ?? JSON.stringify(message).slice(0, 300);
	const modern =
		error?.code === ErrorCode.unsupportedProtocolVersion ||
		JSON.stringify(error?.data ?? "").includes("2026-07-28");
	return modern
		? [
				"REVISION_NOT_SERVED",
				`speaks only protocol revisions without a handshake, which this version of the bridge does not serve: ${said}`,
			]
		: ["INITIALIZE_REFUSED", `refused initialize: ${said}`];
}
