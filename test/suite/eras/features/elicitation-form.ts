import { filledIn } from "../answers.ts";
import type { Feature } from "../feature.ts";
import { call, jsonOf } from "../replies.ts";
import { asked } from "./asked.ts";

export const elicitationForm: Feature = {
	name: "Elicitation by form",
	since: "2025-06-18",
	whole: {
		questions: [
			{
				method: "elicitation/create",
				params: {
					mode: "form",
					message: "Who are you?",
					requestedSchema: {
						type: "object",
						properties: {
							name: { type: "string", title: "Name", default: "nobody" },
							age: { type: "integer", minimum: 0 },
							colour: { type: "string", enum: ["red", "green"] },
						},
						required: ["name"],
					},
				},
			},
		],
		answer: filledIn,
	},
	async attempt({ able }) {
		const client = await able();
		const reply = await call(client, "elicit-form", {
			message: "Who are you?",
		});
		return { questions: reply.questions, answer: jsonOf(reply) };
	},
	outcomes: asked,
};
