import { type Catalogue, changeOf, nextCursorOf } from "./catalogue.ts";
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
	const check = (method: string, given: Set<string>) => {
		const pages: Members[] = [];
		/** The first page has none. */
		const read = new Set([""]);
		const finish = () => {
			catalogue.checked(method);
			const notification = changeOf(method);
			if (!notification || told.has(notification)) return;
			const entries = catalogue.given(method, pages);
			if ([...given].every((each) => each === entries)) return;
			told.add(notification);
			changed(notification);
		};
		const next = (params: Members) => {
			ask(method, params, (message) => {
				if ("method" in message) return;
				if ("error" in message) {
					if (message.error.code !== ErrorCode.methodNotFound) return;
					// There is no such list any more.
					catalogue.forget(method);
					finish();
					return;
				}
				pages.push(message.result);
				const cursor = nextCursorOf(message.result);
				const isLast =
					cursor === undefined || read.has(cursor) || read.size >= mostPages;
				if (isLast) {
					finish();
					return;
				}
				read.add(cursor);
				next({ cursor });
			});
		};
		next({});
	};
	for (const [method, given] of catalogue.toCheck()) check(method, given);
}
