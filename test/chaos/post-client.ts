import { acceptBoth, type Message, messagesOf } from "../harness/raw-http.ts";
import type { ClientContext } from "./chaos-client.ts";
import type { IdBook } from "./id-book.ts";

/** Posts a message to the endpoint of Streamable HTTP and lets the book take what comes back. */
export async function postTo(
	{ base, network }: ClientContext,
	message: Message,
	headers: Record<string, string>,
	ids: IdBook,
): Promise<Response | undefined> {
	try {
		const response = await network.fetch(`${base}/mcp`, {
			method: "POST",
			headers: {
				"content-type": "application/json",
				accept: acceptBoth,
				...headers,
			},
			body: JSON.stringify(message),
		});
		const messages = await messagesOf(response);
		if (response.ok) for (const each of messages) ids.take(each);
		return response;
	} catch {
		// The network has accounted for it.
		return undefined;
	}
}
