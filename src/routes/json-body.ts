import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { inPieces, pieceTimeoutMs } from "./in-pieces.ts";

/** A longer text goes out in pieces, as its client reads it. */
const maxAtOnce = 256 * 1024;

/** The HTTP response that a JSON text is. A client that does not read a long one is cut off. */
export function jsonBody(
	c: Context,
	json: string,
	status: ContentfulStatusCode = 200,
): Response {
	const headers = { "Content-Type": "application/json" };
	return json.length <= maxAtOnce
		? c.body(json, status, headers)
		: c.body(asStream(json), status, headers);
}

function asStream(json: string): ReadableStream<Uint8Array> {
	const encoder = new TextEncoder();
	const pieces = inPieces(json);
	let timer: NodeJS.Timeout | undefined;
	return new ReadableStream<Uint8Array>(
		{
			pull(controller) {
				clearTimeout(timer);
				const { value } = pieces.next();
				if (value === undefined) {
					controller.close();
					return;
				}
				controller.enqueue(encoder.encode(value));
				timer = setTimeout(() => {
					pieces.return(undefined);
					controller.error(new Error("The client does not read"));
				}, pieceTimeoutMs);
			},
			cancel() {
				clearTimeout(timer);
				pieces.return(undefined);
			},
		},
		{ highWaterMark: 1 },
	);
}
