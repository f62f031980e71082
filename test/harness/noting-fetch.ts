import type { Message } from "./raw-http.ts";

/** A request that an SDK's client has made, and the status that it was answered with. */
export interface Noted {
	url: URL;
	headers: Headers;
	/** What it posted; undefined for GET and DELETE. */
	message: Message | undefined;
	status: number;
}

/** A `fetch` for an SDK's transport that notes what it is answered. What reaches nobody is not noted. */
export function notingFetch(): { fetch: typeof fetch; noted: Noted[] } {
	const noted: Noted[] = [];
	return {
		noted,
		async fetch(input, init) {
			const response = await fetch(input, init);
			noted.push({
				url: new URL(input instanceof Request ? input.url : input),
				headers: new Headers(init?.headers),
				message:
					typeof init?.body === "string" ? JSON.parse(init.body) : undefined,
				status: response.status,
			});
			return response;
		},
	};
}
