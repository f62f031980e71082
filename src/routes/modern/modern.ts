import type { Context } from "hono";
import type { Logger } from "pino";
import { endedError, failedError } from "../../protocol/bridge-errors.ts";
import { ErrorCode } from "../../protocol/error-codes.ts";
import {
	type ErrorObject,
	errorOf,
	type Id,
	type Message,
	type Request,
} from "../../protocol/messages.ts";
import { anonymous, type Envelope } from "../../protocol/meta.ts";
import { isRemoved } from "../../protocol/methods.ts";
import {
	hasMirrorable,
	refuseParameters,
} from "../../protocol/parameter-headers.ts";
import { accepts } from "../accepts.ts";
import { EventStream } from "../event-stream.ts";
import { type Answer, Exchange, modernStreamAfterMs } from "../exchange.ts";
import {
	isStreamFree,
	refuseRequests,
	refuseStream,
} from "../guards/refusals.ts";
import { httpError } from "../http-error.ts";
import { jsonBody } from "../json-body.ts";
import { originOf } from "../message-origin.ts";
import { observedRequests } from "../observed-request.ts";
import { noteRefusal } from "../observer.ts";
import {
	type RouteContext,
	type ServerEnv,
	streamOptions,
} from "../route-context.ts";
import { traceIdOf } from "../trace-id.ts";

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
		const origin = originOf(c, observer);
		const observe = observedRequests(observer, { server: server.name });
		const peer = server.openModern(client);
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
		// Until there is a stream, nothing else tells that the client has gone; see modernStreamAfterMs.
		c.req.raw.signal.addEventListener("abort", () => {
			if (!exchange.streaming) leave();
		});
		let timer: NodeJS.Timeout | undefined;
		const ask = (refusal?: ErrorObject) => {
			// Not before: a refusal has a status, and a stream has 200.
			timer = setTimeout(() => exchange.stream(), modernStreamAfterMs);
			const error = refusal ?? (gone ? endedError : undefined);
			if (error) exchange.receive(request, errorOf(request.id, error));
			else {
				const receive = (message: Message) =>
					exchange.receive(request, message);
				const observed = observe(request, receive, origin);
				peer.ask(observed.request, observed.receive);
			}
		};
		const { name, arguments: args } = request.params ?? {};
		const isMirroring =
			request.method === "tools/call" && hasMirrorable(args, c.req.raw.headers);
		if (!isMirroring) ask();
		else {
			void server
				.mirrored(client, name)
				.then((mirrored) => {
					ask(
						"error" in mirrored
							? mirrored.error
							: refuseParameters(mirrored.parameters, args, (header) =>
									c.req.header(header),
								),
					);
				})
				.catch((err) => {
					log.error(
						{
							err,
							server: server.name,
							request: request.id,
							trace: traceIdOf(request, {
								traceparent: c.req.header("traceparent"),
							}),
						},
						"a request failed",
					);
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
