import type { Conversation, Said } from "./conversation.ts";
import type { Exchange } from "./exchange.ts";
import { type Message, memberOf } from "./message.ts";
import {
	assumedRevision,
	isLegacyRevision,
	type LegacyRevision,
	metaKey,
	modernRevision,
} from "./revisions.ts";
import { type WireText, wireText } from "./wire-text.ts";

/** The only one with batches (2025-06-18, 'Key Changes'). */
const batchRevision = "2025-03-26";

/**
 * What clients and the bridge said to each other: a conversation is a session of either transport, and else a
 * single POST.
 */
export function clientConversations(
	exchanges: readonly Exchange[],
): Conversation[] {
	const conversations = new Map<unknown, Conversation>();
	exchanges.forEach((exchange, index) => {
		const modern = isModern(exchange);
		const key = modern ? exchange : (sessionOf(exchange) ?? exchange);
		let conversation = conversations.get(key);
		if (conversation === undefined) {
			conversation = {
				peer: "client",
				server: serverOf(exchange.url),
				revisions: modern ? [modernRevision] : [],
				said: [],
				problems: [],
			};
			conversations.set(key, conversation);
		}
		add(exchange, index, conversation);
		const header = exchange.headers.get("mcp-protocol-version");
		if (
			!modern &&
			isLegacyRevision(header) &&
			!conversation.revisions.includes(header)
		)
			conversation.revisions.push(header);
	});
	for (const conversation of conversations.values()) {
		const { said, revisions, problems } = conversation;
		if (revisions[0] !== modernRevision) {
			const negotiated = negotiatedBy(said);
			if (negotiated.length > 0) conversation.revisions = negotiated;
			else if (revisions.length === 0)
				conversation.revisions = [assumedRevision];
		}
		const batched = said.find(({ batch }) => batch);
		if (batched && !conversation.revisions.includes(batchRevision))
			problems.push({
				at: batched.at,
				text: batched.text,
				problem: "it is in a batch",
			});
	}
	return [...conversations.values()];
}

/** By its content (2026-07-28, basic/versioning), which the header mirrors. HTTP+SSE is legacy, whatever is posted to it. */
function isModern({ method, url, headers, sent }: Exchange): boolean {
	if (method !== "POST" || sent === undefined) return false;
	if (url.searchParams.has("session_id")) return false;
	const named = sent.cut
		? new RegExp(`"${metaKey.protocolVersion}":"([^"]+)"`).exec(sent.text)?.[1]
		: memberOf(parse(sent.text), "params", "_meta", metaKey.protocolVersion);
	if (typeof named === "string") return !isLegacyRevision(named);
	return (
		headers.get("mcp-protocol-version") === modernRevision &&
		!headers.has("mcp-session-id") &&
		memberOf(parse(sent.text), "method") !== "initialize"
	);
}

function sessionOf({
	url,
	headers,
	responseHeaders,
	received,
}: Exchange): string | undefined {
	const endpoint = received.find(({ event }) => event === "endpoint");
	const session =
		headers.get("mcp-session-id") ??
		responseHeaders.get("mcp-session-id") ??
		url.searchParams.get("session_id") ??
		(endpoint && new URL(endpoint.text, url).searchParams.get("session_id"));
	return session ?? undefined;
}

function serverOf({ pathname }: URL): string | undefined {
	const name = /\/servers\/([^/]+)\//.exec(pathname)?.[1];
	return name && decodeURIComponent(name).toLowerCase();
}

function add(
	exchange: Exchange,
	index: number,
	{ said, problems }: Conversation,
): void {
	const { method, at, sent, status, received } = exchange;
	const where = method === "POST" ? { post: index } : {};
	let batch = false;
	if (sent !== undefined) {
		const texts = textsOf(sent);
		batch = texts !== undefined;
		for (const text of texts ?? [sent])
			said.push({ by: "peer", at, ...text, ...where });
	}
	const refusal = status >= 400;
	for (const { text, cut, event, at } of received) {
		if (exchange.isEventStream) {
			if (event === "message")
				said.push({ by: "bridge", at, text, cut, ...where });
			else if (event !== "endpoint")
				problems.push({
					at,
					text,
					problem: `its event is named "${event}"`,
				});
		} else if (exchange.isJson) {
			const texts = textsOf({ text, cut });
			if (texts === undefined)
				said.push({ by: "bridge", at, text, cut, ...where, refusal });
			else if (!batch)
				problems.push({ at, text, problem: "a batch answers what was none" });
			for (const each of texts ?? [])
				said.push({ by: "bridge", at, ...each, ...where, batch });
		} else if (status === 200 && method === "POST")
			problems.push({
				at,
				text,
				problem: "the body of HTTP 200 is neither JSON nor an event stream",
			});
	}
}

/** The messages of a batch; undefined for a body that is none. */
function textsOf({ text, cut }: WireText): WireText[] | undefined {
	const value = cut ? undefined : parse(text);
	return Array.isArray(value)
		? value.map((item) => wireText(JSON.stringify(item)))
		: undefined;
}

/** The revisions that a session was given by the answers to its `initialize`, which may stand before it: on another stream. */
function negotiatedBy(said: readonly Said[]): LegacyRevision[] {
	const parsed = said
		.filter(
			({ text, cut }) => !cut && /"initialize"|"protocolVersion"/.test(text),
		)
		.map(({ by, text }) => ({ by, message: parse(text) }));
	const asked = parsed
		.filter(
			({ by, message }) =>
				by === "peer" && memberOf(message, "method") === "initialize",
		)
		.map(({ message }) => memberOf(message, "id"));
	const given = parsed
		.filter(
			({ by, message }) =>
				by === "bridge" && asked.includes(memberOf(message, "id")),
		)
		.map(({ message }) => memberOf(message, "result", "protocolVersion"));
	return [...new Set(given.filter(isLegacyRevision))];
}

function parse(text: string): Message | unknown[] | undefined {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
