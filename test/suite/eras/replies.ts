import type { Json } from "../../harness/clients.ts";
import type { AskOptions, EraClient, Reply } from "./era-client.ts";

/** tools/call */
export function call(
	client: EraClient,
	name: string,
	args: Json = {},
	options: AskOptions = {},
): Promise<Reply> {
	return client.ask("tools/call", { name, arguments: args }, options);
}

/** What a reply says of its own: without the members that only revision 2026-07-28 has. An error throws. */
export function resultOf({ result, error }: Reply): Json {
	if (result === undefined) throw new Error(JSON.stringify(error));
	const { resultType, ttlMs, cacheScope, ...own } = withoutProtocolMeta(result);
	return own;
}

/** The text of the first content block. */
export function textOf(reply: Reply): string {
	const { content } = resultOf(reply) as { content: { text: string }[] };
	return content[0]?.text ?? "";
}

/** What the text of the first content block says as JSON. */
export function jsonOf(reply: Reply): Json {
	return JSON.parse(textOf(reply));
}

/** Params or a result without what the protocol itself says in `_meta`. */
export function withoutProtocolMeta({ _meta, ...own }: Json): Json {
	const kept = Object.entries(_meta ?? {}).filter(
		([key]) => !key.startsWith("io.modelcontextprotocol/"),
	);
	return kept.length > 0 ? { ...own, _meta: Object.fromEntries(kept) } : own;
}

/** The pages of a list. */
export async function pagesOf(
	client: EraClient,
	method: string,
	key: string,
): Promise<Json[][]> {
	const pages: Json[][] = [];
	let cursor: unknown;
	do {
		const reply = await client.ask(method, cursor ? { cursor } : {});
		const page = resultOf(reply);
		pages.push(page[key] as Json[]);
		cursor = page.nextCursor;
	} while (cursor !== undefined);
	return pages;
}
