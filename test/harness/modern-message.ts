import type { Id, Members, Request } from "../../src/protocol/messages.ts";
import { metaKey } from "../../src/protocol/meta.ts";

/** The `_meta` that every modern request has to carry. */
export const modernMetaOf = (more: Members = {}): Members => ({
	[metaKey.protocolVersion]: "2026-07-28",
	[metaKey.clientCapabilities]: {},
	...more,
});

/** A whole request of revision 2026-07-28. */
export const modernRequestOf = (
	method: string,
	params: Members = {},
	{ id = 1, meta = {} }: { id?: Id; meta?: Members } = {},
): Request => ({
	jsonrpc: "2.0",
	id,
	method,
	params: { ...params, _meta: modernMetaOf(meta) },
});
