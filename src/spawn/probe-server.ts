import { type ListRead, readList } from "../multiplex/lists/read-list.ts";
import {
	type ErrorObject,
	errorOf,
	isMembers,
	type Members,
	type Response,
} from "../protocol/messages.ts";
import type { Peer } from "../protocol/peer.ts";
import { latestLegacyRevision } from "../protocol/revisions.ts";
import type { Probe } from "../protocol/server-health.ts";

/** What a probe works with. */
export interface ProbeOptions {
	server: string;
	/** As whom it asks. */
	identity: Members;
	/**
	 * Has the child started that answers from now on, and calls back once when it
	 * is ready, or with why it is not. Without it what a stopped child had said
	 * would be answer enough.
	 */
	whenReady(use: (error?: ErrorObject) => void): void;
	/** The peer for a client like any other. */
	open(): Peer;
	/** How long the start may take, and then the list, in ms. */
	timeoutMs: number;
}

/** The start has a time limit of its own, which says more about what was wrong. */
const graceMs = 1000;

/** Starts a server where it is not running, and lists its tools as a client does. */
export async function probeServer(options: ProbeOptions): Promise<Probe> {
	const at = new Date().toISOString();
	const measured: Pick<Probe, "startMs" | "listMs" | "tools"> = {};
	const error = await probe(options, measured);
	if (!error) return { status: "ok", at, ...measured };
	const data = isMembers(error.data) ? error.data : {};
	const code = typeof data.code === "string" ? data.code : String(error.code);
	return { status: "failed", at, ...measured, reason: error.message, code };
}

/** @param measured takes what is known of it when it is over */
async function probe(
	{ server, identity, whenReady, open, timeoutMs }: ProbeOptions,
	measured: Pick<Probe, "startMs" | "listMs" | "tools">,
): Promise<ErrorObject | undefined> {
	const late = (what: string, ms: number): ErrorObject => ({
		code: 0,
		message: `Server "${server}" ${what} within ${ms} ms (look at what it waits for, or raise "startTimeoutMs")`,
		data: { code: "PROBE_TIMEOUT" },
	});
	const begun = performance.now();
	const startMs = timeoutMs + graceMs;
	const notReady = await within(
		startMs,
		late("was not ready", startMs),
		(settle: (error?: ErrorObject) => void) => whenReady(settle),
	);
	if (notReady) return notReady;
	const peer = open();
	const ask = async (method: string, params: Members): Promise<Response> => {
		const request = { jsonrpc: "2.0", id: 1, method, params } as const;
		return within<Response>(
			timeoutMs,
			errorOf(1, late(`did not answer ${method}`, timeoutMs)),
			(settle) =>
				peer.ask(request, (message) => {
					if (!("method" in message)) settle(message);
				}),
		);
	};
	try {
		const opening = await ask("initialize", {
			protocolVersion: latestLegacyRevision,
			capabilities: {},
			clientInfo: identity,
		});
		if ("error" in opening) return opening.error;
		const listBegins = performance.now();
		measured.startMs = Math.round(listBegins - begun);
		const { capabilities } = opening.result;
		measured.tools = 0;
		if (!isMembers(capabilities) || !isMembers(capabilities.tools)) return;
		const read = await new Promise<ListRead>((resolve) => {
			readList(
				(page, answered) => void ask("tools/list", page).then(answered),
				resolve,
			);
		});
		if ("error" in read) return read.error;
		for (const { tools } of read.pages) {
			measured.tools += Array.isArray(tools) ? tools.length : 0;
		}
		measured.listMs = Math.round(performance.now() - listBegins);
		return;
	} finally {
		peer.close();
	}
}

/** What something calls back with, or else, after the time, `otherwise`. */
function within<T>(
	timeoutMs: number,
	otherwise: T,
	begin: (settle: (value: T) => void) => void,
): Promise<T> {
	return new Promise((resolve) => {
		const timer = setTimeout(() => resolve(otherwise), timeoutMs);
		begin((value) => {
			clearTimeout(timer);
			resolve(value);
		});
	});
}
