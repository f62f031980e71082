import { expect } from "vitest";
import { eventually } from "./processes.ts";
import { post, type RawClient } from "./raw-http.ts";
import { textOf } from "./status.ts";

/** Has an HTTP+SSE client call `echo` again and again until something has come about: every call is answered. */
export async function answeredUntil(
	client: RawClient,
	isOver: () => Promise<boolean>,
	what: string,
	deadlineMs = 90_000,
): Promise<void> {
	let calls = 0;
	await eventually(
		async () => {
			const id = `meanwhile ${++calls}`;
			const params = { name: "echo", arguments: { message: id } };
			const response = await post(
				client.endpoint,
				{ jsonrpc: "2.0", id, method: "tools/call", params },
				client.headers,
			);
			expect(response.status).toBe(202);
			await response.text();
			expect(textOf(await client.answer(id))).toBe(id);
			return isOver();
		},
		what,
		deadlineMs,
	);
}
