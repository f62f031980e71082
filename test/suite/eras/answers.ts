import type { Json } from "../../harness/clients.ts";
import type { Question } from "./era-client.ts";

/** What a client declares that can be asked anything. */
export const everything: Json = {
	sampling: {},
	roots: { listChanged: true },
	elicitation: { form: {}, url: {} },
};

export const completion: Json = {
	role: "assistant",
	model: "small-1",
	stopReason: "endTurn",
	content: { type: "text", text: "Paris" },
	_meta: { "example.com/cost": 3 },
};

export const filledIn: Json = {
	action: "accept",
	content: { name: "Ada", age: 36, colour: "red" },
};

export const urlOpened: Json = { action: "accept" };

export const roots: Json = {
	roots: [{ uri: "file:///srv/a", name: "A" }, { uri: "file:///srv/b" }],
};

export const anyOther: Json = { unknown: ["method", 0, null] };

/** What the clients of these tests answer to a server. */
export function answerTo({ method, params }: Question): Json {
	switch (method) {
		case "sampling/createMessage":
			return completion;
		case "elicitation/create":
			return params.mode === "url" ? urlOpened : filledIn;
		case "roots/list":
			return roots;
		default:
			return anyOther;
	}
}
