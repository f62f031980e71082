import type { Context } from "hono";
import type { Logger } from "pino";
import { anonymous, type Envelope } from "../protocol/eras/meta.ts";
import { refuseParameters } from "../protocol/eras/parameter-headers.ts";
import { isRemoved } from "../protocol/eras/to-modern.ts";
import { ErrorCode } from "../protocol/error-codes.ts";
import { endedError, failedError } from "../protocol/given-errors.ts";
import {
	type ErrorObject,
	errorOf,
	type Id,
	type Request,
} from "../protocol/messages.ts";
import { accepts } from "./accepts.ts";
import { EventStream } from "./event-stream.ts";
import { type Answer, Exchange } from "./exchange.ts";
import { httpError } from "./http-error.ts";
import { jsonBody } from "./json-body.ts";
import { MirroredTools } from "./mirrored-tools.ts";
import { observedPeer } from "./observed-peer.ts";
import { noteRefusal } from "./observer.ts";
import { modernPatienceMs } from "./patience.ts";
import { isStreamFree, refuseRequests, refuseStream } from "./refusals.ts";
import {
	type RouteContext,
	type ServerEnv,
	streamOptions,
} from "./route-context.ts";
import { noteTrace } from "./trace-id.ts";

/** Which status an error has that is all there is to answer; any other goes with 200. */
const statusOf = new Map<number | undefined, 400 | 404>([
	[ErrorCode.methodNotFound, 404],
	[ErrorCode.headerMismatch, 400],
	[ErrorCode.missingClientCapability, 400],
	[ErrorCode.unsupportedProtocolVersion, 400],
]);

/**
 * Serves one request of revision 2026-07-28 (basic/transports/streamable-http):
 * there is no session, the answer comes on the response, and a client that
 * closes it has cancelled the request.
 */
export function modern(context: RouteContext, log: Logger) {
	const { config } = context;
	const mirroredTools = new MirroredTools();

	return async (
		c: Context<ServerEnv>,
		request: Request,
		envelope: Envelope,
	): Promise<Response> => {
		const { server } = c.var;
		const client = { ...envelope, principal: anonymous };
		const isListen = request.method === "subscriptions/listen";
		const accept = c.req.header("accept");
		const sse = accepts(accept, "text/event-stream");
		const json = accepts(accept, "application/json");

		const refusal =
			(isListen || (sse && !json)
				? refuseStream(c, context, request.id)
				: undefined) ??
			(isListen ? undefined : refuseRequests(c, context, [request]));
		if (refusal) return refusal;
		if (isRemoved(request.method)) {
			return httpError(c, 404, removedMethod(request.method), request.id);
		}
		if (isListen && !sse) return httpError(c, 406, notAccepted, request.id);
		const { observer } = context;
		if (observer.watchesRequests) noteTrace(c, [request]);
		const peer = observedPeer(server.openModern(client), observer, {
			server: server.name,
		});
		const release = isListen ? () => {} : server.reserve();
		let gone = false;
		const leave = () => {
			gone = true;
			peer.close();
		};
		const hasRoom = () => isStreamFree(context);
		const prefersSse = config.postResponse === "sse" && hasRoom();
		const exchange = new Exchange([request], {
			json: !isListen && (!sse || (json && !prefersSse)),
			sse: isListen || (sse && !(json && config.postResponse === "json")),
			hasRoom,
			openStream() {
				const connection = new EventStream(streamOptions(context, server), () =>
					leave(),
				);
				const stream = {
					send: (data: string) => connection.send({ data }),
					end: () => connection.end(),
				};
				return { stream, connection };
			},
			// A client that takes nothing but JSON has no place for it.
			aside() {},
			finished() {
				release();
				peer.close();
			},
		});
		// Until there is a stream, nothing else tells that the client has gone; see modernPatienceMs.
		c.req.raw.signal.addEventListener("abort", () => {
			if (!exchange.streaming) leave();
		});
		const timer = setTimeout(() => exchange.stream(), modernPatienceMs);
		const ask = (refusal?: ErrorObject) => {
			const error = refusal ?? (gone ? endedError : undefined);
			if (error) exchange.receive(request, errorOf(request.id, error));
			else peer.ask(request, (message) => exchange.receive(request, message));
		};
		if (request.method !== "tools/call") ask();
		else {
			const { name, arguments: args } = request.params ?? {};
			void mirroredTools
				.of(server, client, name)
				.then((parameters) => {
					ask(
						refuseParameters(parameters, args, (header) =>
							c.req.header(header),
						),
					);
				})
				.catch((err) => {
					log.error({ err }, "a request failed");
					exchange.receive(request, errorOf(request.id, failedError));
				});
		}
		const answer = await exchange.answer;
		clearTimeout(timer);
		return respond(c, answer, server.offers(request.method), request.id);
	};
}

/** @param offered the server has the method: that something was not found comes from inside it */
function respond(
	c: Context<ServerEnv>,
	answer: Answer,
	offered: boolean,
	id: Id,
): Response {
	if ("connection" in answer) return answer.connection.response(c);
	const [{ json, error } = nothing] = answer.answers;
	const code = error?.code;
	const isInside = offered && code === ErrorCode.methodNotFound;
	const status = isInside ? 200 : (statusOf.get(code) ?? 200);
	if (error && status !== 200) noteRefusal(c, status, error, id);
	return jsonBody(c, json, status);
}

const nothing = { json: "", error: undefined };

function removedMethod(method: string): ErrorObject {
	return {
		code: ErrorCode.methodNotFound,
		message: `"${method}" is not a method of revision 2026-07-28`,
	};
}

const notAccepted: ErrorObject = {
	code: ErrorCode.invalidRequest,
	message: `"subscriptions/listen" is answered by a stream (accept text/event-stream)`,
};
