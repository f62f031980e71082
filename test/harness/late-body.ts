import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { acceptBoth } from "./raw-http.ts";

/**
 * A POST that the bridge serves already, and whose body is still to come: the
 * function that is given sends that, and gives what comes back.
 */
export async function lateBody(
	url: URL,
	message: unknown,
	headers: Record<string, string> = {},
): Promise<() => Promise<{ status: number; body: string }>> {
	const body = JSON.stringify(message);
	const post = request(url, {
		method: "POST",
		headers: {
			accept: acceptBoth,
			"content-type": "application/json",
			"content-length": String(Buffer.byteLength(body)),
			// Every runtime's server says so when it serves the request.
			expect: "100-continue",
			...headers,
		},
	});
	post.flushHeaders();
	await once(post, "continue");
	return async () => {
		const answered = once(post, "response") as Promise<[IncomingMessage]>;
		post.end(body);
		const [response] = await answered;
		return { status: response.statusCode ?? 0, body: await text(response) };
	};
}
