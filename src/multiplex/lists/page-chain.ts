/** What is kept of one page. */
interface Page<Kept> {
	/** Undefined for the first. */
	cursor: string | undefined;
	next: string | undefined;
	kept: Kept;
	size: number;
}

/** What a chain may hold: a list that is longer is not kept at all. */
export interface ChainBounds {
	maxPages: number;
	/** In characters. */
	maxSize: number;
}

/**
 * The pages of one list as far as the server itself has led to them: each but
 * the first stands under the `nextCursor` of the one before it. So a cursor that
 * a client makes up is not kept, and nobody can fill the memory with them.
 */
export class PageChain<Kept> {
	readonly #bounds: ChainBounds;
	#pages: Page<Kept>[] = [];

	constructor(bounds: ChainBounds) {
		this.#bounds = bounds;
	}

	/** Takes a page; one that nobody was led to is left out. What stood behind another page in its place is forgotten. */
	note(page: Page<Kept>): void {
		const index = this.#indexOf(page.cursor);
		if (index === undefined) return;
		this.#pages[index] = page;
		const isSame = this.#pages[index + 1]?.cursor === page.next;
		if (!isSame || page.next === undefined) this.#pages.length = index + 1;
		const { maxPages, maxSize } = this.#bounds;
		const size = this.#pages.reduce((sum, each) => sum + each.size, 0);
		if (this.#pages.length > maxPages || size > maxSize) this.clear();
	}

	/** The page under a cursor, or the first one. */
	page(cursor: string | undefined): Kept | undefined {
		return this.#pages.find((each) => each.cursor === cursor)?.kept;
	}

	/**
	 * All pages in order; undefined where one is missing.
	 *
	 * @param isLast whether a cursor under which nothing is known is none: see {@link nextCursorOf}
	 */
	whole(isLast = (_cursor: string) => false): Kept[] | undefined {
		const next = this.#pages.at(-1)?.next;
		const isWhole =
			this.#pages.length > 0 &&
			// Some servers' last cursor leads back to a page that was read.
			(next === undefined || this.#knows(next) || isLast(next));
		return isWhole ? this.#pages.map(({ kept }) => kept) : undefined;
	}

	/** Nothing follows the last page, whatever cursor it names: who has read so many pages has found that out. */
	endAfter(pages: number): void {
		const last = this.#pages[pages - 1];
		if (last && this.#pages.length === pages) last.next = undefined;
	}

	/** Forgets all pages. */
	clear(): void {
		this.#pages = [];
	}

	/** Where a page has its place. */
	#indexOf(cursor: string | undefined): number | undefined {
		if (cursor === undefined) return 0;
		const index = this.#pages.findIndex((each) => each.cursor === cursor);
		if (index !== -1) return index;
		const isNext = this.#pages.at(-1)?.next === cursor;
		return isNext ? this.#pages.length : undefined;
	}

	#knows(cursor: string): boolean {
		return this.#pages.some((each) => each.cursor === cursor);
	}
}
