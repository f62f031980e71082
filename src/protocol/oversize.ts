import type { OversizeLine } from "./line-splitter.ts";

/** An answer begins with one of these, or with its id and then one of these; a question of the server has a method. */
const leadingAnswer =
	/^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?(?:"id"\s*:\s*"?(\d+)"?\s*,\s*)?(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"(?:result|error)"\s*:/;
const trailingId =
	/"id"\s*:\s*"?(\d+)"?\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$/;

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
	const answer = leadingAnswer.exec(head);
	const id = answer?.[1] ?? (answer ? trailingId.exec(tail)?.[1] : undefined);
	return id === undefined ? undefined : Number(id);
}
