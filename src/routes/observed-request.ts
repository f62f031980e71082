import { endedError } from "../protocol/bridge-errors.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import {
	type ErrorObject,
	isMembers,
	type Request,
	type Response,
} from "../protocol/messages.ts";
import { methods } from "../protocol/methods.ts";
import type { Receive } from "../protocol/peer.ts";
import type { MessageOrigin } from "./message-origin.ts";
import {
	type Asker,
	isWatched,
	type Observer,
	type Outcome,
} from "./observer.ts";
import { traceIdOf } from "./trace-id.ts";

/** A request on its way, and what takes what comes back for it. */
export interface ObservedRequest {
	request: Request;
	receive: Receive;
}

/** Has an observer hear of a request on its way, where one wants to, and of its answer after that has gone out. */
export type Observe = (
	request: Request,
	receive: Receive,
	origin?: MessageOrigin,
) => ObservedRequest;

/** Tells an observer of the requests of one asker. */
export function observedRequests(observer: Observer, asker: Asker): Observe {
	const { server, session } = asker;
	return (request, receive, origin) => {
		if (!isWatched(observer)) return { request, receive };
		const followed = observer.follow?.(request, origin, asker);
		const trace =
			followed?.traceId ??
			(observer.readsTraces ? traceIdOf(request, origin) : undefined);
		const begun = performance.now();
		const answered = (answer: Response) => {
			const heardAt = performance.now();
			receive(answer);
			const outcome = outcomeOf(answer);
			followed?.answered(answer, outcome, heardAt);
			if (!observer.watchesRequests) return;
			const error = "error" in answer ? answer.error : undefined;
			const tools = "result" in answer && answer.result.tools;
			if (request.method === "tools/list" && Array.isArray(tools)) {
				observer.toolsListed?.(server, tools);
			}
			observer.answered({
				server,
				session,
				method: request.method,
				name: nameOf(request),
				outcome,
				code: error?.code,
				reason: error && ownReasonOf(error, server),
				ms: performance.now() - begun,
				request: request.id,
				trace,
			});
		};
		return {
			request: followed?.request ?? request,
			receive(message) {
				if ("method" in message) receive(message);
				else answered(message);
			},
		};
	};
}

function nameOf({ method, params }: Request): string | undefined {
	const isNamed = methods.get(method)?.named === "name";
	return isNamed && typeof params?.name === "string" ? params.name : undefined;
}

/** An error of the bridge's own about a server names that server. */
function ownReasonOf({ data }: ErrorObject, server: string) {
	const isOwn = isMembers(data) && data.server === server;
	return isOwn && typeof data.code === "string" ? data.code : undefined;
}

function outcomeOf(answer: Response): Outcome {
	if ("error" in answer) {
		const { code, message } = answer.error;
		// A modern client gets it under another code.
		const hasEnded = message === endedError.message;
		const isCancelled = code === ErrorCode.requestCancelled || hasEnded;
		return isCancelled ? "cancelled" : "error";
	}
	const { isError, resultType } = answer.result;
	if (resultType === "input_required") return "input-required";
	return isError === true ? "tool-error" : "ok";
}
