import type { Json } from "./clients.ts";
import type { Message } from "./raw-http.ts";

/** A request of tools/call. */
export const callMessage = (
	id: string | number,
	name: string,
	args: Json = {},
	_meta?: Json,
): Message => ({
	jsonrpc: "2.0",
	id,
	method: "tools/call",
	params: { name, arguments: args, ...(_meta && { _meta }) },
});
