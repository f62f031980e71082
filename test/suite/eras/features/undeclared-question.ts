import type { Feature } from "../feature.ts";
import { call } from "../replies.ts";

const missing = (elicitation: object) => ({
	code: -32021,
	data: { requiredCapabilities: { elicitation } },
});

export const undeclaredQuestion: Feature = {
	name: "A question to a client that has not declared to answer any",
	whole: { isAnswered: true },
	async attempt(cell) {
		let seen: object = {};
		const dropped = await cell.dropped(async () => {
			const { status, error } = await call(cell.client, "elicit-form", {
				message: "Who are you?",
			});
			const { code, data } = error ?? {};
			seen = {
				...(status === undefined ? {} : { status }),
				code,
				...(data === undefined ? {} : { data }),
			};
		});
		return { ...seen, dropped };
	},
	outcomes: {
		"legacy on legacy": {
			kind: "not there",
			note: "The server gets error -32601 and says what comes of its call. It is counted as `question-on-shared-child`.",
			seen: { code: -32601, dropped: { "question-on-shared-child": 1 } },
		},
		"legacy on modern": {
			kind: "not there",
			note: "The server knows what the client has declared, and refuses by itself. One that asks all the same ends its call with error -32603.",
			seen: { ...missing({ form: {} }), dropped: {} },
		},
		"modern on legacy": {
			kind: "not there",
			note: "The client gets error -32021 with status 400, the server -32601. It is counted as `question-nobody-can-answer`.",
			seen: {
				status: 400,
				...missing({}),
				dropped: { "question-nobody-can-answer": 1 },
			},
		},
		"modern on modern": {
			kind: "not there",
			note: "The server knows what the client has declared, and refuses by itself with -32021; the bridge gives it status 400.",
			seen: { status: 400, ...missing({ form: {} }), dropped: {} },
		},
	},
};
