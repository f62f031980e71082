import type { Context } from "hono";
import { nodeBindings } from "./node-bindings.ts";

/** Calls back when the client's connection is gone before its answer has gone out. */
export function whenGone(c: Context, gone: () => void): void {
	const { outgoing } = nodeBindings(c);
	// There the request's signal would cost a whole Request object.
	if (outgoing) {
		outgoing.once("close", () => {
			if (!outgoing.writableFinished) gone();
		});
	} else c.req.raw.signal.addEventListener("abort", gone);
}
