import type { MiddlewareHandler } from "hono";
import { ErrorCode } from "../../protocol/error-codes.ts";
import { parseUrl } from "../../protocol/parse-url.ts";
import { httpError } from "../http-error.ts";
import { originOfRequest } from "../request-url.ts";

/** Refuses requests whose target or Host makes no URL: what is behind need not look out for them. */
export function requireUrl(): MiddlewareHandler {
	// Nearly every request has the same one, and any path makes a URL with it.
	let lastValid: string | undefined;
	return async (c, next) => {
		const origin = originOfRequest(c);
		if (origin !== undefined && origin === lastValid) return next();
		if (origin === undefined || parseUrl(c.req.url) === undefined) {
			return httpError(c, 400, {
				code: ErrorCode.invalidRequest,
				message:
					"The request's target and its Host header make no URL (send a path, and the host that you connect to)",
			});
		}
		lastValid = origin;
		return next();
	};
}
