/** Who watches which resources of a child. */
export class ResourceWatchers<Watcher> {
	readonly #watchers = new Map<string, Set<Watcher>>();

	/** Everything that is watched, in the order in which that began. */
	get uris(): string[] {
		return [...this.#watchers.keys()];
	}

	/** Whether anybody watches a resource. */
	has(uri: string): boolean {
		return this.#watchers.has(uri);
	}

	/** Notes one watcher of a resource. */
	add(uri: string, watcher: Watcher): void {
		const watchers = this.#watchers.get(uri) ?? new Set();
		this.#watchers.set(uri, watchers.add(watcher));
	}

	/** Forgets one watcher of a resource; true where nobody watches it any more. */
	remove(uri: string, watcher: Watcher): boolean {
		const watchers = this.#watchers.get(uri);
		if (!watchers) return true;
		watchers.delete(watcher);
		if (watchers.size > 0) return false;
		this.#watchers.delete(uri);
		return true;
	}

	/** Forgets all watchers of a resource, and gives them. */
	removeAll(uri: string): Watcher[] {
		const watchers = this.#watchers.get(uri) ?? [];
		this.#watchers.delete(uri);
		return [...watchers];
	}

	/** Those who watch this resource, or one that it lies under (server/resources: an update may name a sub-resource). */
	of(uri: string): Set<Watcher> {
		const found = new Set(this.#watchers.get(uri));
		for (
			let end = uri.indexOf("/");
			end !== -1;
			end = uri.indexOf("/", end + 1)
		) {
			for (const above of [uri.slice(0, end), uri.slice(0, end + 1)]) {
				for (const watcher of this.#watchers.get(above) ?? []) {
					found.add(watcher);
				}
			}
		}
		return found;
	}
}
