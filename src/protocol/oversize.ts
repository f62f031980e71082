import type { OversizeLine } from "./line-splitter.ts";

const leadingId = /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(\d+)/;
const trailingId =
	/"id"\s*:\s*(\d+)\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$/;

/**
 * The id of an answer that was too long to be kept, so that its asker can be
 * told. Servers write it right at the start (Python) or at the very end
 * (TypeScript); the bridge's own ids are integers. Undefined where it stands in
 * neither place.
 */
export function idOfOversizeLine({
	head,
	tail,
}: OversizeLine): number | undefined {
	const id = (leadingId.exec(head) ?? trailingId.exec(tail))?.[1];
	return id === undefined ? undefined : Number(id);
}
