import { isOfBridge } from "../../protocol/bridge-errors.ts";
import type { ErrorObject, Members, Request } from "../../protocol/messages.ts";
import { lists } from "../../protocol/methods.ts";
import { stableJson } from "../../protocol/stable-json.ts";

/** So many pages of a list are read: one that does not end is not read to its end. */
export const maxPages = 100;

/** What a page was answered with. */
export type PageAnswer = { result: Members } | { error: ErrorObject };

/** What has come of a list. */
export type ListRead =
	| {
			pages: Members[];
			/** There is more of it. */
			isCut: boolean;
	  }
	/** Why a page could not be had. */
	| { error: ErrorObject };

/**
 * Reads all pages of a list, one after the other (2026-07-28,
 * server/utilities/pagination).
 *
 * @param ask asks for a page and calls back once; `params` has its cursor, and none for the first
 * @param done called once
 */
export function readList(
	ask: (params: Members, answered: (answer: PageAnswer) => void) => void,
	done: (read: ListRead) => void,
): void {
	const pages: Members[] = [];
	const read = new Set<string>();
	const next = (cursor?: string) => {
		ask(cursor === undefined ? {} : { cursor }, (answer) => {
			if ("error" in answer && !(cursor === "" && !isOfBridge(answer.error))) {
				done(answer);
				return;
			}
			if ("error" in answer || (cursor === "" && isFirst(answer.result))) {
				done({ pages, isCut: false });
				return;
			}
			pages.push(answer.result);
			const following = nextCursorOf(answer.result);
			// Some servers' last cursor leads back to a page that was read.
			const isEnd = following === undefined || read.has(following);
			if (isEnd || pages.length >= maxPages) {
				done({ pages, isCut: !isEnd });
				return;
			}
			read.add(following);
			next(following);
		});
	};
	const isFirst = (page: Members) =>
		pages[0] !== undefined && entriesOf([page]) === entriesOf([pages[0]]);
	next();
}

/**
 * The cursor of the page after this one. An empty one is a cursor like any other
 * (pagination, 'Implementation Guidelines'). Some servers write it on the last
 * page all the same, and begin again, or refuse, where they are asked for it:
 * {@link readList} finds out.
 */
export function nextCursorOf({ nextCursor }: Members): string | undefined {
	return typeof nextCursor === "string" ? nextCursor : undefined;
}

/** Which page of a list a request is for; undefined where it asks for something special. */
export function pageOf({
	params = {},
}: Request): { cursor: string | undefined } | undefined {
	const { _meta, cursor, ...special } = params;
	if (Object.keys(special).length > 0) return undefined;
	return cursor === undefined || typeof cursor === "string"
		? { cursor }
		: undefined;
}

/** The entries of a list's pages, whatever it is of, in a form that can be compared. */
export function entriesOf(pages: readonly Members[]): string {
	const members = [...lists.values()].map(({ member }) => member);
	const entries = pages.flatMap((page) => {
		const found = members.map((member) => page[member]).find(Array.isArray);
		return found ?? [];
	});
	return stableJson(entries);
}
