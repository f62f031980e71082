import { urlOpened } from "../answers.ts";
import type { Feature } from "../feature.ts";
import { call, jsonOf } from "../replies.ts";
import { asked } from "./asked.ts";

const url = "https://example.com/sign-in?a=b&c=%20";

export const elicitationUrl: Feature = {
	name: "Elicitation by URL",
	since: "2025-11-25",
	whole: {
		question: { mode: "url", message: "Please sign in", url },
		answer: urlOpened,
	},
	async attempt({ able }) {
		const reply = await call(await able(), "elicit-url", { url });
		// See the feature of its completion.
		const { elicitationId, ...question } = reply.questions[0]?.params ?? {};
		return { question, answer: jsonOf(reply) };
	},
	outcomes: asked,
};
