import type { Context, MiddlewareHandler } from "hono";
import { ErrorCode } from "../../protocol/error-codes.ts";
import { httpError } from "../http-error.ts";
import type { ServerEnv } from "../route-context.ts";
import { withTimeout } from "../with-timeout.ts";
import { overLimit } from "./over-limit.ts";

/** How much of a body that is refused is read all the same, as a multiple of the limit. */
const readAnyway = 4;

/**
 * Refuses bodies that are encoded with 415, those over the limit with 413, and
 * chunked ones that do not come in time with 408. A declared length is judged
 * by itself: only a chunked body has to be counted, which costs a copy.
 */
export function limitBody({
	maxBodyBytes,
	bodyTimeoutMs,
}: {
	maxBodyBytes: number;
	bodyTimeoutMs: number;
}): MiddlewareHandler<ServerEnv> {
	const refuse = (c: Context) => {
		const message = `The body is larger than ${maxBodyBytes} bytes (send less, or raise "maxBodyBytes")`;
		return overLimit(c, c.var.server, 413, "maxBodyBytes", message);
	};
	const refuseUnread = (c: Context) => {
		// The rest of the body is not read, so nothing else can come on this connection.
		c.header("Connection", "close");
		return refuse(c);
	};
	return async (c, next) => {
		// The routes of all servers match the paths of each, too.
		if (c.req.method !== "POST" || c.var.body) return next();
		const encoding = c.req.header("content-encoding");
		if (encoding !== undefined && isEncoded(encoding)) {
			const body = await withTimeout(bodyTimeoutMs, read(c, maxBodyBytes));
			const isRead = body !== undefined && body !== "too large";
			if (!isRead) c.header("Connection", "close");
			return unsupportedEncoding(c, encoding);
		}
		const length = c.req.header("content-length");
		if (length === undefined || c.req.header("transfer-encoding")) {
			const body = await withTimeout(bodyTimeoutMs, read(c, maxBodyBytes));
			if (body === undefined) return lateBody(c, bodyTimeoutMs);
			if (body === "too large") return refuseUnread(c);
			// No Request with this body can be made where there is a password in the URL.
			c.set("body", body);
			return next();
		}
		if (!/^\d+$/.test(length)) return unclearLength(c, length);
		if (Number(length) <= maxBodyBytes) return next();
		if (Number(length) > readAnyway * maxBodyBytes) return refuseUnread(c);
		// A client that is still sending does not see an answer: it sees a broken connection.
		await withTimeout(bodyTimeoutMs, discard(c)).catch(() => {});
		return refuse(c);
	};
}

/** The refusal of a body that was not there in time. */
export function lateBody(
	c: Context<ServerEnv>,
	bodyTimeoutMs: number,
): Response {
	// The rest of it is not waited for, so nothing else can come on this connection.
	c.header("Connection", "close");
	const message = `The body was not there within ${bodyTimeoutMs} ms (send it faster, or raise "bodyTimeoutMs")`;
	return overLimit(c, c.var.server, 408, "bodyTimeoutMs", message);
}

/** Two of the same, which RFC 9110, section 8.6, lets a server take for one, and anything else that is no number. */
function unclearLength(c: Context, length: string): Response {
	c.header("Connection", "close");
	return httpError(c, 400, {
		code: ErrorCode.invalidRequest,
		message: `Content-Length "${length}" is no number (send one, once)`,
	});
}

function isEncoded(encoding: string): boolean {
	const codings = encoding.split(",").map((coding) => coding.trim());
	return codings.some((coding) => !/^(identity)?$/i.test(coding));
}

function unsupportedEncoding(c: Context, encoding: string): Response {
	// RFC 9110, section 15.5.16.
	c.header("Accept-Encoding", "identity");
	return httpError(c, 415, {
		code: ErrorCode.invalidRequest,
		message: `Content-Encoding "${encoding}" is not taken (send the body as it is)`,
	});
}

/** All of a body, unless it is too large. One that breaks off is as much of it as came. */
async function read(
	c: Context,
	maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | "too large"> {
	const chunks: Uint8Array[] = [];
	let bytes = 0;
	const reader = c.req.raw.body?.getReader();
	while (reader) {
		const { done, value } = await reader
			.read()
			.catch(() => ({ done: true, value: undefined }));
		if (done || !value) break;
		bytes += value.byteLength;
		if (bytes > maxBytes) return "too large";
		chunks.push(value);
	}
	const body = new Uint8Array(bytes);
	let at = 0;
	for (const chunk of chunks) {
		body.set(chunk, at);
		at += chunk.byteLength;
	}
	return body;
}

async function discard(c: Context): Promise<void> {
	const reader = c.req.raw.body?.getReader();
	while (reader && !(await reader.read()).done);
}
