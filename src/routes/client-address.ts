import type { Context } from "hono";

/** Where the servers of the runtimes have a client's address, each in its own way. */
interface AddressBindings {
	incoming?: { socket?: { remoteAddress?: string } };
	remoteAddr?: { hostname?: string };
	requestIP?(request: Request): { address: string } | null;
}

/** The address of the connection that a request came on, which may be a proxy's; undefined where it is not known. */
export function clientAddress(c: Context): string | undefined {
	const bindings = (c.env as AddressBindings | undefined) ?? {};
	return (
		bindings.incoming?.socket?.remoteAddress ??
		bindings.remoteAddr?.hostname ??
		bindings.requestIP?.(c.req.raw)?.address
	);
}
