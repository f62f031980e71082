import { vi } from "vitest";
import { SuspendedCalls } from "../../src/eras/suspended-calls.ts";
import type {
	Id,
	Members,
	Message,
	Request,
} from "../../src/protocol/messages.ts";
import type { ModernClient } from "../../src/protocol/meta.ts";
import type { Receive } from "../../src/protocol/peer.ts";
import { hmacSeal } from "../../src/seal/hmac-seal.ts";
import { modernRequestOf } from "./modern-message.ts";
import { inbox, ScriptedPeer } from "./scripted-peer.ts";

export const all = {
	elicitation: { form: {}, url: {} },
	sampling: {},
	roots: {},
};
const seal = hmacSeal(Buffer.alloc(32, 7));
export const serverInfo = { name: "legacy", version: "1" };

export interface Options {
	capabilities?: Members;
	inputTimeoutMs?: number;
	maxSuspendedCalls?: number;
	requestTimeoutMs?: number;
	/** What the child asked before any call. */
	questions?: Request[];
	/** No child is free. */
	busy?: boolean;
	/** The test answers the pings. */
	pingsByHand?: boolean;
}

/** A child that answers pings at once. */
class PingedPeer extends ScriptedPeer {
	override ask(request: Request, receive: Receive): void {
		super.ask(request, receive);
		if (request.method === "ping") this.latest("ping").result();
	}
}

/** A modern client that can be asked, on a leased legacy child that the test plays. */
export function open(options: Options = {}) {
	const { capabilities = all, inputTimeoutMs = 60_000 } = options;
	const child = options.pingsByHand ? new ScriptedPeer() : new PingedPeer();
	const dropped: string[] = [];
	const limits: string[] = [];
	const released: boolean[] = [];
	let gaveUp = 0;
	/** How far the wall clock has been set forward, in ms. */
	const clock = { aheadMs: 0 };
	let leased = 0;
	const lease = {
		peer: child,
		serverInfo,
		questions: options.questions ?? [],
		suspended: false,
		isFresh: false,
		release: (used: boolean) => {
			released.push(used);
		},
	};
	const calls = new SuspendedCalls({
		seal,
		takeLease(_client, _request, take) {
			leased++;
			if (!options.busy) take(lease);
			return () => {
				gaveUp++;
			};
		},
		now: () => Date.now() + clock.aheadMs,
		startTimer: (ms, then) => {
			const timer = setTimeout(then, ms);
			return () => clearTimeout(timer);
		},
		inputTimeoutMs: () => inputTimeoutMs,
		maxSuspendedCalls: () => options.maxSuspendedCalls ?? 10,
		limitReached: (limit) => limits.push(limit),
		server: "fake",
		requestTimeoutMs: () => options.requestTimeoutMs ?? 0,
		dropped: (kind) => dropped.push(kind),
	});
	const anonymous: ModernClient = { capabilities, principal: "anonymous" };

	/** One HTTP exchange: a peer of its own. */
	const post = (
		method: string,
		params: Members,
		{
			id = 1,
			meta = {},
			as = anonymous,
		}: { id?: Id; meta?: Members; as?: ModernClient } = {},
	) => {
		const received = inbox();
		const close = calls.ask(
			modernRequestOf(method, params, { id, meta }),
			as,
			received,
		);
		const peer = { close };
		return { peer, received: received.messages };
	};
	return {
		child,
		calls,
		clock,
		dropped,
		limits,
		released,
		lease,
		post,
		leases: () => leased,
		givenUp: () => gaveUp,
		/** The child has answered the handshake long ago. */
		opened() {
			for (const each of child.all("initialize")) each.result({ serverInfo });
		},
		call: (options?: { id?: Id; meta?: Members; as?: ModernClient }) =>
			post("tools/call", { name: "a", arguments: { b: 1 } }, options),
		retry: (
			state: unknown,
			inputResponses: unknown,
			options?: { id?: Id; meta?: Members; as?: ModernClient },
		) =>
			post(
				"tools/call",
				{ name: "a", arguments: { b: 1 }, inputResponses, requestState: state },
				{ id: 2, ...options },
			),
	};
}

export const question = (
	id: Id,
	method = "elicitation/create",
	params: Members = { message: "Who?", requestedSchema: {} },
): Request => ({ jsonrpc: "2.0", id, method, params });
/** Lets the questions that belong together be gathered. */
export const gather = () => vi.advanceTimersByTime(10);
export const resultIn = (messages: Message[]): Members => {
	const last = messages.at(-1) as { result?: Members };
	if (!last?.result) throw new Error(`No result: ${JSON.stringify(messages)}`);
	return last.result;
};
export const keysIn = (messages: Message[]) =>
	Object.keys(resultIn(messages).inputRequests as Members);
export const stateIn = (messages: Message[]) => resultIn(messages).requestState;
export const answersTo = (messages: Message[], result: Members): Members =>
	Object.fromEntries(keysIn(messages).map((key) => [key, result]));
export const accepted = { action: "accept", content: { name: "Ada" } };
