import type { Members } from "../../protocol/messages.ts";
import type { List } from "../../protocol/methods.ts";

/**
 * Completes a page that says by null that there is nothing: no entries, or no
 * further page. Some servers write all members that they know, and no revision's
 * schema has null there, so that strict clients refuse the whole list.
 *
 * @returns the members that were null
 */
export function completeList({ member }: List, page: Members): string[] {
	const completed: string[] = [];
	if (page[member] === null) {
		page[member] = [];
		completed.push(member);
	}
	if (page.nextCursor === null) {
		delete page.nextCursor;
		completed.push("nextCursor");
	}
	return completed;
}
