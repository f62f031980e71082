import type { Json } from "../../../harness/clients.ts";
import type { Feature } from "../feature.ts";
import { resultOf, withoutProtocolMeta } from "../replies.ts";

const params = { a: [0, "0", null], _meta: { "example.com/b": 1 } };

export const unknownMethods: Feature = {
	name: "Methods that no revision knows",
	whole: { params, ofNobody: -32601 },
	async attempt({ client }) {
		const echoed = resultOf(await client.ask("fixture/echo", params));
		const { error } = await client.ask("example.com/none");
		return {
			params: withoutProtocolMeta(echoed.params as Json),
			ofNobody: error?.code,
		};
	},
	outcomes: {
		"legacy on legacy": { kind: "as is" },
		"legacy on modern": { kind: "as is" },
		"modern on legacy": {
			kind: "as is",
			note: "The methods that 2026-07-28 has removed (`initialize`, `ping`, `logging/setLevel`, `resources/subscribe`, `resources/unsubscribe`, `tasks/…`) get error -32601 with status 404.",
		},
		"modern on modern": {
			kind: "as is",
			note: "The methods that 2026-07-28 has removed (`initialize`, `ping`, `logging/setLevel`, `resources/subscribe`, `resources/unsubscribe`, `tasks/…`) get error -32601 with status 404.",
		},
	},
};
