import type { Context } from "hono";

/** Scheme and host, then the path. Runtimes put a URL together of what a client sends, unchecked. */
const parts = /^([^/?#]*:\/\/[^/?#]*)([^?#]*)/;

/** Scheme and host of a request; undefined where there are none. */
export function originOfRequest(c: Context): string | undefined {
	return parts.exec(c.req.url)?.[1];
}

/** The path that a client asks for, as it wrote it, of any text that stands where a URL should. */
export function pathOfRequest(c: Context): string {
	return parts.exec(c.req.url)?.[2] ?? c.req.path;
}
