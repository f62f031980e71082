import { type Catalogue, changeOf, nextCursorOf } from "./catalogue.ts";
import { stableJson } from "./eras/stable-json.ts";
import { ErrorCode } from "./error-codes.ts";
import type { Members } from "./messages.ts";
import type { Receive } from "./peer.ts";

const mostPages = 100;

/**
 * Reads the lists of a child that has just come up, as far as clients were
 * given them before, and tells which of them are others now. Nothing is told
 * where the child does not live to answer.
 *
 * @param ask a request of the bridge's own
 * @param changed called with the notification that a list's change has
 */
export function checkLists(
	catalogue: Catalogue,
	ask: (method: string, params: Members, receive: Receive) => void,
	changed: (notification: string) => void,
): void {
	const told = new Set<string>();
	const check = (method: string, before: string) => {
		const items: unknown[] = [];
		let pages = 0;
		const finish = () => {
			catalogue.checked(method);
			const notification = changeOf(method);
			if (!notification || told.has(notification)) return;
			if (stableJson(items) === before) return;
			told.add(notification);
			changed(notification);
		};
		const read = (cursor?: unknown) => {
			ask(method, cursor === undefined ? {} : { cursor }, (message) => {
				if ("method" in message) return;
				if ("error" in message) {
					if (message.error.code !== ErrorCode.methodNotFound) return;
					// There is no such list any more.
					catalogue.forget(method);
					finish();
					return;
				}
				items.push(...itemsOf(message.result));
				const next = nextCursorOf(message.result);
				if (next === undefined || ++pages >= mostPages) finish();
				else read(next);
			});
		};
		read();
	};
	for (const [method, pages] of catalogue.toCheck()) {
		check(method, stableJson(pages.flatMap(itemsOf)));
	}
}

/** The entries of a page, whatever the list is of. */
function itemsOf(page: Members): unknown[] {
	const { tools, prompts, resources, resourceTemplates } = page;
	const items = tools ?? prompts ?? resources ?? resourceTemplates;
	return Array.isArray(items) ? items : [];
}
