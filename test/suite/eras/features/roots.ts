import { roots as clientRoots } from "../answers.ts";
import type { Feature } from "../feature.ts";
import { call, jsonOf } from "../replies.ts";
import { asked } from "./asked.ts";

export const roots: Feature = {
	name: "Roots",
	whole: { methods: ["roots/list"], answer: clientRoots },
	async attempt({ able }) {
		const reply = await call(await able(), "roots");
		return {
			methods: reply.questions.map(({ method }) => method),
			answer: jsonOf(reply),
		};
	},
	outcomes: asked,
};
