import type { Handler } from "hono";
import { ErrorCode } from "../../protocol/error-codes.ts";
import { httpError } from "../http-error.ts";

/** 405 with the methods that there are: clients probe for transports by what they get for the wrong one. */
export function methodNotAllowed(allow: string): Handler {
	return (c) => {
		c.header("Allow", allow);
		return httpError(c, 405, {
			code: ErrorCode.invalidRequest,
			message: `${c.req.method} is not possible at ${c.req.path} (use ${allow})`,
		});
	};
}
