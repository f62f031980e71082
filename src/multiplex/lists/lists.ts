import { ErrorCode } from "../../protocol/error-codes.ts";
import type { Members, Request } from "../../protocol/messages.ts";
import { changedKinds, lists, methods } from "../../protocol/methods.ts";
import type { Receive } from "../../protocol/peer.ts";
import type { Era } from "../../protocol/revisions.ts";
import { completeList } from "./complete-list.ts";
import { PageChain } from "./page-chain.ts";
import {
	entriesOf,
	maxPages,
	nextCursorOf,
	pageOf,
	readList,
} from "./read-list.ts";
import { RepeatableTools } from "./repeatable-tools.ts";

/** A list that takes more, in characters, is not served while there is no child. */
const maxSize = 2 * 1024 * 1024;
/** So many lists of children that ended before they were compared are remembered. */
const maxUnchecked = 10;

/** What lists work with. */
export interface ListsOptions {
	/** The page of a list as clients are given it. */
	listed(method: string, page: Members): Members;
	/** A page was not as it should be, and was mended: what was wrong with it. */
	repaired(what: string): void;
}

/**
 * What a child has last said that it has, learned from the answers that pass:
 * served while there is no child to ask, and the reason to make a call again, or
 * not to, after its child has died. Bounded, whatever clients ask for.
 */
export class Lists {
	readonly #options: ListsOptions;
	/** By method. */
	readonly #chains = new Map<string, PageChain<Members>>();
	readonly #repeatable = new RepeatableTools();
	/** What clients were given that has not been compared with what the present child says: fingerprints, by method. */
	readonly #unchecked = new Map<string, Set<string>>();

	constructor(options: ListsOptions) {
		this.#options = options;
	}

	/** Completes an answer that is on its way to its client, where it is a page of a list and only sloppy. */
	complete({ method }: Request, result: Members): void {
		const list = lists.get(method);
		if (!list) return;
		for (const member of completeList(list, result)) {
			this.#options.repaired(`${method}: "${member}": null`);
		}
	}

	/** Takes an answer that has passed. */
	note(request: Request, result: Members, era: Era): void {
		const list = lists.get(request.method);
		if (!list) return;
		if (list.kind === "tools") this.#repeatable.note(result.tools);
		// A modern server says whether an answer is for everybody (2026-07-28, server/utilities/caching).
		const isForAll = era === "legacy" || result.cacheScope === "public";
		const page = pageOf(request);
		if (!isForAll || !page) return;
		const chain =
			this.#chains.get(request.method) ??
			new PageChain<Members>({ maxPages, maxSize });
		this.#chains.set(request.method, chain);
		const next = nextCursorOf(result);
		chain.note({ ...page, next, kept: result, size: sizeOf(result) });
	}

	/** The answer that is known, where the whole list is: a cursor of one child means nothing to another. */
	answer(request: Request): Members | undefined {
		const chain = this.#chains.get(request.method);
		const page = pageOf(request);
		return page && chain?.whole(isEmpty) && chain.page(page.cursor);
	}

	/**
	 * Whether a request may reach a server twice: one that only reads, or a call
	 * of a tool that says so of itself.
	 */
	isRepeatable({ method, params }: Request): boolean {
		const isCall = method === "tools/call";
		return isCall
			? this.#repeatable.has(params?.name)
			: methods.get(method)?.isRepeatable === true;
	}

	/** The child says that a list has changed: what was said before holds no more. */
	changed(notification: string): void {
		for (const [method, { changed }] of lists) {
			if (changed === notification) this.#chains.delete(method);
		}
		if (changedKinds.get(notification) === "tools") this.#repeatable.clear();
	}

	/** Another program may stand behind it from now on. */
	distrust(): void {
		this.#keepForCheck();
		this.#chains.clear();
		this.#repeatable.clear();
	}

	/**
	 * Reads the lists of a child that has just come up, as far as clients were
	 * given them before, and tells which of them are others now. Nothing is told
	 * where the child does not live to answer.
	 *
	 * @param ask a request of the bridge's own
	 * @param changed called with the notification that a list's change has
	 */
	check(
		ask: (method: string, params: Members, receive: Receive) => void,
		changed: (notification: string) => void,
	): void {
		this.#keepForCheck();
		const told = new Set<string>();
		for (const [method, given] of this.#unchecked) {
			readList(
				(params, answered) =>
					ask(method, params, (message) => {
						if (!("method" in message)) answered(message);
					}),
				(read) => {
					const isGone =
						"error" in read && read.error.code === ErrorCode.methodNotFound;
					if (isGone) this.#chains.delete(method);
					else if ("error" in read) return;
					this.#unchecked.delete(method);
					const now = this.#given(method, "pages" in read ? read.pages : []);
					const change = lists.get(method)?.changed ?? "";
					const isSame = [...given].every((each) => each === now);
					if (isSame || told.has(change)) return;
					told.add(change);
					changed(change);
				},
			);
		}
	}

	#keepForCheck(): void {
		for (const [method, chain] of this.#chains) {
			const pages = chain.whole(isEmpty);
			if (!pages) continue;
			const given = this.#unchecked.get(method) ?? new Set();
			// Children that die at once, one after the other, must not make this grow.
			if (given.size < maxUnchecked) given.add(this.#given(method, pages));
			this.#unchecked.set(method, given);
		}
	}

	/** What clients are given of a list, in a form that can be compared. */
	#given(method: string, pages: readonly Members[]): string {
		const listed = pages.map((page) => this.#options.listed(method, page));
		return fingerprint(entriesOf(listed));
	}
}

/** Such a cursor is taken for the end where nobody has followed it: most servers that write it mean that. */
function isEmpty(cursor: string): boolean {
	return cursor === "";
}

/** The characters that a value has, more or less. */
function sizeOf(value: unknown): number {
	if (typeof value === "string") return value.length;
	if (typeof value !== "object" || value === null) return 8;
	let size = 16;
	for (const [key, member] of Object.entries(value)) {
		size += key.length + sizeOf(member);
	}
	return size;
}

/** Stands for a text that is too long to be kept. */
function fingerprint(text: string): string {
	let one = 0x811c9dc5;
	let other = 0x9e3779b9;
	for (let index = 0; index < text.length; index++) {
		const code = text.charCodeAt(index);
		one = Math.imul(one ^ code, 0x01000193);
		other = Math.imul((other << 5) ^ (other >>> 27) ^ code, 0x85ebca6b);
	}
	return `${text.length}:${one}:${other}`;
}
