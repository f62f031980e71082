import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { ErrorCode } from "../protocol/error-codes.ts";
import { httpError } from "./http-error.ts";

/**
 * Refuses bodies over the limit with 413. A declared length is judged by
 * itself: only a chunked body has to be counted, which costs a copy.
 */
export function limitBody(maxBodyBytes: number): MiddlewareHandler {
	const onError = (c: Context) => {
		// The rest of the body is not read, so nothing else can come on this connection.
		c.header("Connection", "close");
		return httpError(c, 413, {
			code: ErrorCode.limitReached,
			message: `The body is larger than ${maxBodyBytes} bytes (send less, or raise "maxBodyBytes")`,
		});
	};
	const counted = bodyLimit({ maxSize: maxBodyBytes, onError });
	return async (c, next) => {
		const length = c.req.header("content-length");
		if (length === undefined || c.req.header("transfer-encoding")) {
			return counted(c, next);
		}
		if (Number(length) > maxBodyBytes) return onError(c);
		await next();
	};
}
