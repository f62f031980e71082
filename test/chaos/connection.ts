/** One HTTP request of a client, until its response is over. */
export interface Connection {
	/** By `performance.now()`. */
	readonly began: number;
	readonly method: string;
	readonly url: URL;
	/** The body that was posted. */
	readonly sent: string;
	readonly abort: AbortController;
	/** The test has destroyed it. */
	isCut: boolean;
	/** The bridge has taken what was posted; the answer comes on a stream. */
	isTaken: boolean;
	/** What came of the response's body. */
	received: string;
}

export function newConnection(url: URL, init: RequestInit): Connection {
	return {
		began: performance.now(),
		method: init.method ?? "GET",
		url,
		sent: typeof init.body === "string" ? init.body : "",
		abort: new AbortController(),
		isCut: false,
		isTaken: false,
		received: "",
	};
}

/** The stream of HTTP+SSE. */
export function isSseStream({ url }: Connection): boolean {
	return url.pathname.endsWith("/sse");
}

/** A message of a client of HTTP+SSE. */
export function isSsePost({ url }: Connection): boolean {
	return url.pathname.endsWith("/messages");
}
