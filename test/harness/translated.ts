import { Multiplexer } from "../../src/multiplex/multiplexer.ts";
import {
	errorOf,
	type Id,
	isRequest,
	type Members,
	type Message,
	type Notification,
	type Response,
	resultOf,
} from "../../src/protocol/messages.ts";
import { type Envelope, metaKey } from "../../src/protocol/meta.ts";
import type { Era } from "../../src/protocol/revisions.ts";
import { FakeClock } from "./fake-clock.ts";
import { modernRequestOf } from "./modern-message.ts";
import { connectionOf, multiplexerOptions } from "./multiplexer-options.ts";
import { inbox, type ScriptedRequest } from "./scripted-peer.ts";

/** Who speaks with whom. */
export interface Pair {
	client: Era;
	child: Era;
	/** What the child says it can do. */
	capabilities?: Members;
	/** What the client says of itself. */
	envelope?: Envelope;
	shared?: boolean;
	/** How much the child gets at a time. */
	concurrency?: number;
	ready?: boolean;
}

/** A client of one era on a child of one, which the test plays; between them is a multiplexer. */
export class Translated {
	readonly clock = new FakeClock();
	readonly dropped: string[] = [];
	/** What the client heard beside all of its requests. */
	readonly heard: Message[];
	/** The requests that the child got, oldest first, and the ways to answer them. */
	readonly asked: ScriptedRequest[] = [];
	/** What else it got. */
	readonly told: (Notification | Response)[] = [];
	readonly multiplexer: Multiplexer;
	readonly peer;
	readonly #pair: Pair;

	constructor(pair: Pair) {
		const { envelope = { capabilities: {} }, shared = true } = pair;
		const { concurrency = Number.POSITIVE_INFINITY, ready = true } = pair;
		this.#pair = pair;
		this.multiplexer = new Multiplexer(
			multiplexerOptions(
				{ clock: this.clock, shared, concurrency: () => concurrency },
				{ dropped: (kind) => this.dropped.push(kind) },
			),
		);
		if (ready) this.up();
		const { peer, heard } = this.connect(envelope);
		this.peer = peer;
		this.heard = heard;
	}

	/** One more client, of the same era. */
	connect(envelope: Envelope) {
		const { client: era } = this.#pair;
		const more = { client: envelope, takesQuestions: true };
		const peer = this.multiplexer.connect(connectionOf(era, more));
		const heard = inbox();
		peer.listen(heard);
		return { peer, heard: heard.messages };
	}

	/** A child is ready; what it gets follows what those before it got. */
	up(era = this.#pair.child): void {
		const { capabilities = {} } = this.#pair;
		const serverInfo = { name: "s", version: "1" };
		const _meta = { [metaKey.serverInfo]: serverInfo };
		this.multiplexer.up({
			era,
			result:
				era === "legacy"
					? { capabilities, serverInfo }
					: { supportedVersions: ["2026-07-28"], capabilities, _meta },
			isBehind: () => false,
			write: (message, written) => {
				this.#write(message);
				written?.();
				return true;
			},
		});
	}

	/** What the client gets for a request. */
	ask(
		method: string,
		params?: Members,
		id: Id = 1,
		{ peer } = { peer: this.peer },
	): Message[] {
		const received = inbox();
		const request =
			this.#pair.client === "modern"
				? modernRequestOf(method, params, { id })
				: { jsonrpc: "2.0" as const, id, method, ...(params && { params }) };
		peer.ask(request, received);
		return received.messages;
	}

	/** The client takes a request back. */
	cancel(requestId: Id): void {
		const method = "notifications/cancelled";
		this.peer.tell({ jsonrpc: "2.0", method, params: { requestId } });
	}

	/** The client answers what it was asked. */
	answer(question: Message | undefined, result: Members): void {
		this.peer.tell(resultOf((question as { id: Id }).id, result));
	}

	/** The child says something. */
	say(message: Message): void {
		this.multiplexer.receive(message);
	}

	/** The child's requests of a method, oldest first. */
	all(method: string): ScriptedRequest[] {
		return this.asked.filter(({ request }) => request.method === method);
	}

	/** The newest of them. */
	latest(method: string): ScriptedRequest {
		const found = this.all(method).at(-1);
		if (!found) throw new Error(`The child was not asked ${method}`);
		return found;
	}

	#write(message: Message): void {
		if (!isRequest(message)) {
			this.told.push(message);
			return;
		}
		const { id } = message;
		this.asked.push({
			request: message,
			say: (said) => this.say(said),
			result: (result = {}) => this.say(resultOf(id, result)),
			error: (code, text = "no", data) =>
				this.say(
					errorOf(id, {
						...{ code, message: text },
						...(data !== undefined && { data }),
					}),
				),
		});
	}
}

/** The child says something that belongs to a subscription. */
export function sayOf(
	{ request, say }: ScriptedRequest,
	method: string,
	params: Members = {},
): void {
	const _meta = { [metaKey.subscriptionId]: request.id };
	say({ jsonrpc: "2.0", method, params: { ...params, _meta } });
}

/** The child says what of a subscription it tells of. */
export function acknowledge(
	listen: ScriptedRequest,
	notifications: unknown,
): void {
	const method = "notifications/subscriptions/acknowledged";
	sayOf(listen, method, { notifications });
}
