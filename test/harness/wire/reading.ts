import type { Conversation, Said } from "./conversation.ts";
import { kindOf, type Message, memberOf } from "./message.ts";
import { readMessage } from "./read-message.ts";

export interface Line {
	said: Said;
	/** Undefined where it is none, or only the ends of its text were kept. */
	message: Message | undefined;
	/** Why it is none. */
	problem?: string;
}

/** A conversation, read: its messages, and which of them answers which. */
export class Reading {
	readonly conversation: Conversation;
	readonly lines: readonly Line[];
	readonly #requests = new Map<string, { message: Message; post?: number }[]>();
	readonly #oddities = new Set<string>();
	#complete = true;

	constructor(conversation: Conversation) {
		this.conversation = conversation;
		this.lines = conversation.said.map((said) => this.#read(said));
	}

	/** False where a request may have been that none of `requestsOf` tells. */
	get complete(): boolean {
		return this.#complete;
	}

	/**
	 * What a response may answer: the request with its id in its own POST, else all with its id, since clients
	 * may use one again.
	 */
	requestsOf({ said, message }: Line): Message[] {
		if (message === undefined || "method" in message) return [];
		const by = said.by === "bridge" ? "peer" : "bridge";
		const all = this.#requests.get(keyOf(by, message.id)) ?? [];
		const own = all.filter(
			({ post }) => post !== undefined && post === said.post,
		);
		return (own.length > 0 ? own : all).map((request) => request.message);
	}

	/**
	 * The message with a good id or token in the place of each that is none but was given by the peer, to whom
	 * the bridge gives it back as it is.
	 */
	withoutOddities(message: Message): Message {
		if (this.#oddities.size === 0) return message;
		const isOdd = (value: unknown) => this.#oddities.has(JSON.stringify(value));
		const copy = structuredClone(message);
		if (isOdd(copy.id)) copy.id = 0;
		const params = copy.params as Message | undefined;
		for (const name of ["progressToken", "requestId"])
			if (params !== undefined && isOdd(params[name])) params[name] = 0;
		return copy;
	}

	#read(said: Said): Line {
		const read = readMessage(said);
		if ("problem" in read)
			return { said, message: undefined, problem: read.problem };
		if ("ends" in read) {
			const { id, method } = read.ends;
			if (id === undefined) this.#complete = false;
			else if (method !== undefined) this.#note(said, { id, method });
			return { said, message: undefined };
		}
		const { message } = read;
		if (kindOf(message) === "request") this.#note(said, message);
		if (said.by === "peer")
			for (const value of [
				message.id,
				memberOf(message, "params", "_meta", "progressToken"),
			])
				if (!isId(value) && value !== undefined)
					this.#oddities.add(JSON.stringify(value));
		return { said, message };
	}

	#note({ by, post }: Said, message: Message): void {
		const key = keyOf(by, message.id);
		const requests = this.#requests.get(key) ?? [];
		requests.push({ message, ...(post === undefined ? {} : { post }) });
		this.#requests.set(key, requests);
	}
}

const keyOf = (by: Said["by"], id: unknown) => `${by} ${JSON.stringify(id)}`;

function isId(value: unknown): boolean {
	return typeof value === "string" || Number.isSafeInteger(value);
}
