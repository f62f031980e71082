import type { Json } from "../../../harness/clients.ts";
import type { Feature } from "../feature.ts";
import { call, textOf } from "../replies.ts";

const modernServer = {
	kind: "as is",
	note: "2026-07-28 does not have this error. A server that gives it all the same is not corrected.",
} as const;

export const elicitationError: Feature = {
	name: "Elicitation by URL, asked for by error -32042",
	since: "2025-11-25",
	whole: { isSentToUrl: true, text: "signed in" },
	async attempt({ able }) {
		const client = await able();
		const url = `https://example.com/${crypto.randomUUID()}`;
		const reply = await call(client, "sign-in", { url });
		const { elicitations = [] } = (reply.error?.data ?? {}) as Json;
		const asked = [
			...(elicitations as Json[]),
			...reply.questions.map(({ params }) => params),
		];
		const last = reply.error ? await call(client, "sign-in", { url }) : reply;
		return { isSentToUrl: asked[0]?.url === url, text: textOf(last) };
	},
	outcomes: {
		"legacy on legacy": { kind: "as is" },
		"legacy on modern": modernServer,
		"modern on legacy": {
			kind: "translated",
			note: "The error becomes an `input_required` result with the URLs, and the call is made again when the client has agreed to open them. One that does not agree gets error -32603, one that has not declared `elicitation.url` gets -32021.",
		},
		"modern on modern": modernServer,
	},
};
