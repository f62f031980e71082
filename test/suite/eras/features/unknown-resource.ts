import { eraOf } from "../era-client.ts";
import type { Feature } from "../feature.ts";

/** What the revisions say that there is no such resource by. */
const codes = { legacy: -32002, modern: -32602 };

export const unknownResource: Feature = {
	name: "Resource not found",
	whole: { hasCodeOfItsRevision: true, data: { uri: "nothing" } },
	async attempt({ client }) {
		const { error } = await client.ask("resources/read", { uri: "nothing" });
		return {
			hasCodeOfItsRevision: error?.code === codes[eraOf(client.revision)],
			data: error?.data,
		};
	},
	outcomes: {
		"legacy on legacy": { kind: "as is" },
		"legacy on modern": {
			kind: "translated",
			note: "-32602 with a `uri` in its data becomes -32002.",
		},
		"modern on legacy": {
			kind: "translated",
			note: "-32002 becomes -32602 with the URI in its data.",
		},
		"modern on modern": { kind: "as is" },
	},
};
