import type { Json } from "./clients.ts";

/** What a server can ask its client, and answers to it. */

export interface Question extends Json {
	method: string;
	params?: Json;
}

/** The params of tools/call. */
export const call = (name: string, args: Json = {}) => ({
	name,
	arguments: args,
});

export const everyCapability = {
	elicitation: { form: {}, url: {} },
	sampling: { tools: {} },
	roots: {},
};

export const elicit = (message: string): Question => ({
	method: "elicitation/create",
	params: {
		mode: "form",
		message,
		requestedSchema: {
			type: "object",
			properties: { name: { type: "string", title: "Name" } },
			required: ["name"],
		},
	},
});
export const elicitUrl = (message: string, more: Json = {}): Question => ({
	method: "elicitation/create",
	params: { mode: "url", message, url: "https://example.com/login", ...more },
});
export const sample = (text: string): Question => ({
	method: "sampling/createMessage",
	params: {
		messages: [{ role: "user", content: { type: "text", text } }],
		systemPrompt: "Be brief",
		maxTokens: 50,
	},
});
export const listRoots: Question = { method: "roots/list" };

/** A question as a modern client is asked it: some fail without `params`, which the server may leave out. */
export const asAsked = ({ method, params = {} }: Question): Question => ({
	method,
	params,
});

/** The answer to a question, which tells that it is the answer to just that one. */
export function answerTo({ method, params }: Question): Json {
	const said = JSON.stringify(params ?? null);
	switch (method) {
		case "elicitation/create":
			return params?.mode === "url"
				? { action: "accept" }
				: { action: "accept", content: { name: `answer to ${said}` } };
		case "sampling/createMessage":
			return {
				role: "assistant",
				content: { type: "text", text: `answer to ${said}` },
				model: "a-model",
				stopReason: "endTurn",
			};
		case "roots/list":
			return { roots: [{ uri: "file:///home/somebody", name: said }] };
		default:
			throw new Error(`Nobody asks "${method}"`);
	}
}

/** The questions of an `input_required` result. */
export const questionsOf = ({ inputRequests }: Json): Question[] =>
	Object.values((inputRequests ?? {}) as Record<string, Question>);

/** The `inputResponses` to all that an `input_required` result asks. */
export const responsesTo = (
	{ inputRequests }: Json,
	answer: (question: Question) => Json = answerTo,
): Json =>
	Object.fromEntries(
		Object.entries((inputRequests ?? {}) as Record<string, Question>).map(
			([key, question]) => [key, answer(question)],
		),
	);

/** The requests during which a server may ask, each with params that let the raw fixtures ask just so. */
export const askingRequests: [
	method: string,
	paramsOf: (script: Json) => Json,
	textOf: (result: Json) => string | undefined,
][] = [
	[
		"tools/call",
		(script) => ({ name: "ask", arguments: script }),
		({ content }) => (content as { text: string }[])[0]?.text,
	],
	[
		"prompts/get",
		(script) => ({
			name: "ask",
			// Arguments of prompts are strings.
			arguments: Object.fromEntries(
				Object.entries(script).map(([key, value]) => [
					key,
					JSON.stringify(value),
				]),
			),
		}),
		({ messages }) =>
			(messages as { content: { text: string } }[])[0]?.content.text,
	],
	[
		"resources/read",
		(script) => ({ uri: `ask:${encodeURIComponent(JSON.stringify(script))}` }),
		({ contents }) => (contents as { text: string }[])[0]?.text,
	],
];
