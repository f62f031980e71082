import { openSse, type RawClient, type SseReader } from "./raw-http.ts";

/** What a client comes back with whose stream broke: the last id on it. */
export function lastEventId(stream: SseReader | undefined): string {
	const id = stream?.events.findLast((event) => event.id !== undefined)?.id;
	if (id === undefined) throw new Error("No event of the stream has an id");
	return id;
}

/**
 * Opens the stream of an HTTP+SSE client again, as an EventSource does. Its messages are those of the reader;
 * the client goes on posting to the endpoint that it knows.
 */
export async function reopen(
	client: RawClient,
	id = lastEventId(client.stream),
): Promise<{ stream: SseReader; endpoint: URL }> {
	const sse = new URL(client.endpoint);
	sse.pathname = sse.pathname.replace(/messages$/, "sse");
	sse.search = "";
	const stream = await openSse(sse, { "last-event-id": id });
	const { data } = await stream.event(({ event }) => event === "endpoint");
	return { stream, endpoint: new URL(data ?? "", sse) };
}
