import { stableJson } from "./eras/stable-json.ts";
import { isMembers, type Members, type Request } from "./messages.ts";
import type { Era } from "./revisions.ts";

/** The lists of a server that are kept, and how the server says that one has changed. */
const changedBy: Readonly<Record<string, string>> = {
	"tools/list": "notifications/tools/list_changed",
	"prompts/list": "notifications/prompts/list_changed",
	"resources/list": "notifications/resources/list_changed",
	"resources/templates/list": "notifications/resources/list_changed",
};

const mostPages = 100;
const mostTools = 10_000;
const mostUnchecked = 10;

/**
 * What a server has last said that it has, learned from the answers that pass:
 * served while there is no child to ask, and the reason to run a call again, or
 * not to, after its child has died. Pure.
 */
export class Catalogue {
	readonly #listed: (method: string, page: Members) => Members;
	/** By method, then by cursor. */
	readonly #pages = new Map<string, Map<string, Members>>();
	/** Whether a tool may be called a second time, by its name. */
	readonly #repeatable = new Map<unknown, boolean>();

	/** What clients were given that has not been compared with what the present child says. */
	readonly #unchecked = new Map<string, Set<string>>();

	/** @param listed the page of a list as clients are given it */
	constructor(
		listed: (method: string, page: Members) => Members = (_method, page) =>
			page,
	) {
		this.#listed = listed;
	}

	/** The lists that clients were given, by method, for a child that has just come up: of each child since the last that was checked, as {@link given} gives them. */
	toCheck(): Map<string, Set<string>> {
		this.#keepForCheck();
		return new Map(this.#unchecked);
	}

	/** A list has been compared. */
	checked(method: string): void {
		this.#unchecked.delete(method);
	}

	/** What clients are given of a list, in a form that can be compared. */
	given(method: string, pages: readonly Members[]): string {
		return entriesOf(pages.map((page) => this.#listed(method, page)));
	}

	/** Takes an answer that passes. */
	note(request: Request, result: Members, era: Era): void {
		if (!(request.method in changedBy)) return;
		if (request.method === "tools/list") this.#noteTools(result.tools);
		const cursor = cursorOf(request);
		// A modern server says whether an answer is for everybody (2026-07-28, server/utilities/caching).
		const isForAll = era === "legacy" || result.cacheScope === "public";
		if (cursor === undefined || !isForAll) return;
		const pages = this.#pages.get(request.method) ?? new Map();
		if (pages.size >= mostPages) pages.clear();
		this.#pages.set(request.method, pages.set(cursor, result));
	}

	/** The answer that is known, where the whole list is: a cursor of one child means nothing to another. */
	answer(request: Request): Members | undefined {
		const cursor = cursorOf(request);
		if (cursor === undefined || !this.list(request.method)) return undefined;
		return this.#pages.get(request.method)?.get(cursor);
	}

	/** All pages of a list, in order; undefined where one is missing. */
	list(method: string): Members[] | undefined {
		const pages = this.#pages.get(method);
		const found: Members[] = [];
		const read = new Set<string>();
		let cursor: string | undefined = "";
		// Some servers' last cursor leads back to a page that was read.
		while (cursor !== undefined && !read.has(cursor)) {
			const page: Members | undefined = pages?.get(cursor);
			if (!page) return undefined;
			read.add(cursor);
			found.push(page);
			cursor = nextCursorOf(page);
		}
		return found;
	}

	/** The child says that a list has changed: what was said before holds no more. */
	changed(notification: string): void {
		for (const [method, name] of Object.entries(changedBy)) {
			if (name === notification) this.#pages.delete(method);
		}
		if (notification === changedBy["tools/list"]) this.#repeatable.clear();
	}

	/** The child has no such list. */
	forget(method: string): void {
		this.#pages.delete(method);
	}

	/** Another program may stand behind it from now on. */
	distrust(): void {
		this.#keepForCheck();
		this.#pages.clear();
		this.#repeatable.clear();
	}

	/**
	 * Whether a request may reach a server twice: a list, which only reads, or a
	 * call of a tool that says so of itself (2025-11-25, server/tools,
	 * `readOnlyHint` and `idempotentHint`).
	 */
	isRepeatable({ method, params }: Request): boolean {
		if (method in changedBy) return true;
		return (
			method === "tools/call" && this.#repeatable.get(params?.name) === true
		);
	}

	#keepForCheck(): void {
		for (const method of this.#pages.keys()) {
			const pages = this.list(method);
			if (!pages) continue;
			const given = this.#unchecked.get(method) ?? new Set();
			// Children that die at once, one after the other, must not make this grow.
			if (given.size < mostUnchecked) given.add(this.given(method, pages));
			this.#unchecked.set(method, given);
		}
	}

	#noteTools(tools: unknown): void {
		if (!Array.isArray(tools)) return;
		if (this.#repeatable.size + tools.length > mostTools) {
			this.#repeatable.clear();
		}
		for (const tool of tools) {
			if (!isMembers(tool)) continue;
			const hints = isMembers(tool.annotations) ? tool.annotations : {};
			const { readOnlyHint, idempotentHint } = hints;
			this.#repeatable.set(
				tool.name,
				readOnlyHint === true || idempotentHint === true,
			);
		}
	}
}

/** The cursor of the page after this one. Some servers write an empty one, or null, on the last page. */
export function nextCursorOf({ nextCursor }: Members): string | undefined {
	return typeof nextCursor === "string" && nextCursor !== ""
		? nextCursor
		: undefined;
}

/** The entries of a list's pages, whatever it is of, in a form that can be compared. */
export function entriesOf(list: readonly Members[]): string {
	const entries = list.flatMap((page) => {
		const { tools, prompts, resources, resourceTemplates } = page;
		const found = tools ?? prompts ?? resources ?? resourceTemplates;
		return Array.isArray(found) ? found : [];
	});
	return stableJson(entries);
}

/** The notification that says that a list has changed. */
export function changeOf(method: string): string | undefined {
	return changedBy[method];
}

/** The cursor of a request for a list, empty for its first page; undefined where it asks for something special. */
function cursorOf({ params = {} }: Request): string | undefined {
	const { _meta, cursor = "", ...special } = params;
	const isPlain = Object.keys(special).length === 0;
	return isPlain && typeof cursor === "string" ? cursor : undefined;
}
