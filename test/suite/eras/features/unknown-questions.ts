import { anyOther } from "../answers.ts";
import type { Feature } from "../feature.ts";
import { call, jsonOf } from "../replies.ts";

const params = { deep: { list: [1, "1"] } };
const method = "example.com/question";

const ofModernServer = {
	kind: "not there",
	note: "A server of 2026-07-28 has no way to ask it.",
	seen: { questions: [], code: -32603, dropped: {} },
} as const;

export const unknownQuestions: Feature = {
	name: "Questions that no revision knows",
	whole: {
		questions: [{ method, params }],
		answer: anyOther,
		dropped: {},
	},
	async attempt(cell) {
		const client = await cell.able();
		let seen: object = {};
		const dropped = await cell.dropped(async () => {
			const reply = await call(client, "ask", { method, params });
			const { questions, error } = reply;
			seen = error
				? { questions, code: error.code }
				: { questions, answer: jsonOf(reply) };
		});
		return { ...seen, dropped };
	},
	outcomes: {
		"legacy on legacy": { kind: "as is" },
		"legacy on modern": ofModernServer,
		"modern on legacy": {
			kind: "not there",
			note: "An `input_required` result cannot hold it. The server gets error -32601, and it is counted as `question-nobody-can-answer`.",
			seen: {
				questions: [],
				code: -32601,
				dropped: { "question-nobody-can-answer": 1 },
			},
		},
		"modern on modern": ofModernServer,
	},
};
