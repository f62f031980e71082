/** True for a method that came with revision 2026-07-28, and that no legacy child may see. */
export function isModernOnly(method: string): boolean {
	return method === "server/discover" || method === "subscriptions/listen";
}
