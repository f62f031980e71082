import { completion, filledIn } from "../answers.ts";
import type { Feature } from "../feature.ts";
import { call, jsonOf } from "../replies.ts";

export const severalRounds: Feature = {
	name: "Several questions, one after the other",
	whole: {
		methods: ["elicitation/create", "sampling/createMessage"],
		prompt: [{ role: "user", content: { type: "text", text: "Greet Ada" } }],
		answers: { user: filledIn, model: completion },
	},
	async attempt({ able }) {
		const reply = await call(await able(), "interview");
		return {
			methods: reply.questions.map(({ method }) => method),
			prompt: reply.questions[1]?.params.messages,
			answers: jsonOf(reply),
		};
	},
	outcomes: {
		"legacy on legacy": { kind: "as is" },
		"legacy on modern": {
			kind: "translated",
			note: "Each `input_required` result is a round, of which there may be ten; more end the call with error -32603.",
		},
		"modern on legacy": {
			kind: "translated",
			note: "Questions that come within 10 ms of each other go into one `input_required` result. There is no limit to the rounds.",
		},
		"modern on modern": { kind: "as is" },
	},
};
