/** What is noticed of the body of a response. */
export interface BodyWatcher {
	arrived(text: string): void;
	/** It is over, or nobody wants the rest. */
	ended(how: string): void;
	/** Gives what its reader is told instead. */
	failed(error: unknown): unknown;
}

/** The same response, as it was, but watched. */
export function watchedResponse(
	response: Response,
	watcher: BodyWatcher,
): Response {
	const reader = (response.body as ReadableStream<Uint8Array>).getReader();
	const decoder = new TextDecoder();
	const body = new ReadableStream<Uint8Array>({
		async pull(controller) {
			try {
				const { done, value } = await reader.read();
				if (value !== undefined) {
					watcher.arrived(decoder.decode(value, { stream: true }));
					controller.enqueue(value);
				}
				if (!done) return;
				controller.close();
				watcher.ended("its response ended without an answer");
			} catch (error) {
				controller.error(watcher.failed(error));
			}
		},
		cancel(reason) {
			watcher.ended("the client closed its response");
			return reader.cancel(reason);
		},
	});
	const { status, statusText, headers } = response;
	const copy = new Response(body, { status, statusText, headers });
	for (const name of ["url", "redirected", "type"] as const)
		Object.defineProperty(copy, name, { value: response[name] });
	return copy;
}
