import { serve } from "./serve.ts";

/** Pages on loopback. */
export interface Pages {
	readonly name: string;
	/** The address of a page that says this. What a browser makes of it, and nobody else: the same backwards, as its title. */
	url(text: string): string;
	stop(): Promise<void>;
}

export async function startPages(): Promise<Pages> {
	const { url, stop } = await serve((request) => {
		const text = request.url.searchParams.get("text");
		if (text === null) return { status: 404, body: "Not found" };
		const backwards = `document.title = [...document.querySelector("p").textContent].reverse().join("")`;
		return {
			type: "text/html",
			body: `<!doctype html><title>Page</title><article><h1>A page</h1><p>${text}</p></article><script>${backwards}</script>`,
		};
	});
	return {
		name: "a page on loopback",
		url: (text) => `${url}/?text=${encodeURIComponent(text)}`,
		stop,
	};
}
