/**
 * A filter by name. Give `allow`, `deny` or both. Names are case-sensitive, and `*` matches any run of characters,
 * including none and including `/`.
 */
export interface FilterInput {
	/** The only names that clients see. An empty list hides everything. */
	allow?: readonly string[];
	/** Names that clients never see, even if `allow` matches them. */
	deny?: readonly string[];
}

/** What clients may see of a server. */
export interface ServerFilters {
	/**
	 * Tools that clients can list and call, by name. To a client, any other tool does not exist.
	 *
	 * @defaultValue all
	 * @danger With `deny` alone, a tool that a later version of the server adds is visible. Only names are compared: a
	 * tool that stays visible may do the same as one that you denied.
	 * @see `docs/configuration.md#filters`
	 */
	tools?: FilterInput | undefined;

	/**
	 * Prompts that clients can list and get, by name.
	 *
	 * @defaultValue all
	 * @danger The same as for `tools`.
	 * @see `docs/configuration.md#filters`
	 */
	prompts?: FilterInput | undefined;

	/**
	 * Resources that clients can list, read and subscribe to, by URI; resource templates by their `uriTemplate`.
	 *
	 * A URI is denied however it is written (escapes, repeated slashes, letter case of scheme and host), and one with
	 * `..` in its path is never admitted.
	 *
	 * @defaultValue all
	 * @danger The server decides what a URI refers to, so `allow` is safer than `deny`. Resources that a tool returns
	 * inside its result are not filtered.
	 * @see `docs/configuration.md#filters`
	 */
	resources?: FilterInput | undefined;
}
