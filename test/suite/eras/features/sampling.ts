import { completion } from "../answers.ts";
import type { Feature } from "../feature.ts";
import { call, jsonOf } from "../replies.ts";
import { asked } from "./asked.ts";

export const sampling: Feature = {
	name: "Sampling",
	whole: {
		questions: [
			{
				method: "sampling/createMessage",
				params: {
					messages: [
						{
							role: "user",
							content: { type: "text", text: "Capital of France?" },
						},
					],
					systemPrompt: "Be brief",
					maxTokens: 50,
					modelPreferences: { hints: [{ name: "small" }], speedPriority: 0.9 },
				},
			},
		],
		answer: completion,
	},
	async attempt({ able }) {
		const client = await able();
		const reply = await call(client, "sample", {
			prompt: "Capital of France?",
		});
		return { questions: reply.questions, answer: jsonOf(reply) };
	},
	outcomes: asked,
};
