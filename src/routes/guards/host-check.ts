import { isIP } from "node:net";
import type { MiddlewareHandler } from "hono";
import { ErrorCode } from "../../protocol/error-codes.ts";
import { parseUrl } from "../../protocol/parse-url.ts";
import { httpError } from "../http-error.ts";

/** Which names the bridge answers to. */
export interface HostCheckOptions {
	host: string;
	allowedHosts: readonly string[];
	allowedOrigins: readonly string[];
}

/**
 * Refuses requests that a web page makes without its user's knowledge: from a
 * foreign origin, or under a name that an attacker has pointed at this machine
 * (DNS rebinding; 2025-11-25, transports, 'Security Warning'). A name that
 * nobody can register, an address or a name without a dot, needs no permission.
 */
export function hostCheck(options: HostCheckOptions): MiddlewareHandler {
	// Nearly every request has the same one.
	let lastAllowed: string | undefined;
	return async (c, next) => {
		const host = c.req.header("host");
		if (host === undefined || host === lastAllowed) {
			// Nothing to check.
		} else if (isAllowedHost(host, options)) {
			lastAllowed = host;
		} else {
			return httpError(c, 403, {
				code: ErrorCode.invalidRequest,
				message: `Host "${host}" is not allowed (add it to "allowedHosts" where it is a name of this bridge)`,
			});
		}
		const origin = c.req.header("origin");
		if (origin !== undefined && !isAllowedOrigin(origin, options)) {
			return httpError(c, 403, {
				code: ErrorCode.invalidRequest,
				message: `Origin "${origin}" is not allowed (add it to "allowedOrigins" where its pages may call these servers)`,
			});
		}
		return next();
	};
}

/** Whether the bridge answers to this `Host` header. */
export function isAllowedHost(
	header: string,
	{ host, allowedHosts }: HostCheckOptions,
): boolean {
	if (allowedHosts.includes("*")) return true;
	const name = hostName(header);
	return (
		!name.includes(".") ||
		name.endsWith(".localhost") ||
		isIP(name) !== 0 ||
		[host, ...allowedHosts].some((allowed) => hostName(allowed) === name)
	);
}

/** Whether pages of this `Origin` may call the bridge. */
export function isAllowedOrigin(
	origin: string,
	{ host, allowedHosts, allowedOrigins }: HostCheckOptions,
): boolean {
	if (allowedOrigins.includes("*") || allowedOrigins.includes(origin)) {
		return true;
	}
	const url = parseUrl(origin);
	if (!url) return false;
	const name = hostName(url.host);
	return (
		["localhost", "127.0.0.1", "::1"].includes(name) ||
		name.endsWith(".localhost") ||
		[host, ...allowedHosts].some((allowed) => hostName(allowed) === name)
	);
}

/** The name or address in a `host[:port]`, without brackets, in lower case. */
function hostName(host: string): string {
	const bracketed = /^\[([^\]]*)\]/.exec(host)?.[1];
	const name = bracketed ?? (isIP(host) === 6 ? host : host.split(":")[0]);
	return (name ?? "").toLowerCase().replace(/\.$/, "");
}
