/** Fingerprints of the invalid messages, and parts of messages, that one side said to the bridge. */
export class Faults {
	readonly #servers = new Map<string, Set<string | undefined>>();

	add(fingerprint: string, server: string | undefined): void {
		const servers = this.#servers.get(fingerprint) ?? new Set();
		this.#servers.set(fingerprint, servers.add(server));
	}

	/** The paths of the default server name none: there it may be any. */
	has(fingerprint: string, server: string | undefined): boolean {
		const servers = this.#servers.get(fingerprint);
		if (servers === undefined) return false;
		return (
			server === undefined || servers.has(server) || servers.has(undefined)
		);
	}
}
