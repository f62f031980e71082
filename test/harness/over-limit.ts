import { expect } from "vitest";
import type { Message } from "./raw-http.ts";

/** What a refusal says that is over a bound; to a modern client the code is another. */
export const overLimit = (limit: string, code: -32005 | -32603 = -32005) => ({
	code,
	message: expect.stringContaining(limit),
	data: { code: "LIMIT_REACHED", limit },
});

/** Sees that a whole request is refused for a bound, in the way that clients can read; gives the error's message. */
export async function expectOverLimit(
	response: Response,
	status: number,
	limit: string,
	code: -32005 | -32603 = -32005,
): Promise<Message> {
	const text = await response.text();
	expect([response.status, text]).toEqual([status, expect.any(String)]);
	expect(response.headers.get("content-type")).toMatch(/^application\/json/);
	const message = JSON.parse(text) as Message;
	expect(message).toMatchObject({
		jsonrpc: "2.0",
		error: overLimit(limit, code),
	});
	const retryAfter = response.headers.get("retry-after");
	if (status === 429 || status === 503)
		expect(retryAfter).toMatch(/^[1-9]\d*$/);
	else expect(retryAfter).toBeNull();
	return message;
}
