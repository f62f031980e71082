/**
 * Whether an `Accept` header admits a media type. Clients leave the header out,
 * turn its order round or send a wildcard, so everything short of a clear no is a yes.
 */
export function accepts(header: string | undefined, type: string): boolean {
	if (!header) return true;
	const ranges = header.toLowerCase();
	const [main] = type.split("/");
	return [type, "*/*", `${main}/*`].some((range) => ranges.includes(range));
}
