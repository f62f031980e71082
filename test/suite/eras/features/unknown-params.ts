import type { Feature } from "../feature.ts";
import { jsonOf, withoutProtocolMeta } from "../replies.ts";

const params = {
	name: "params",
	arguments: { list: [0, "0", null, false, {}], "é 🙂": { "": "" } },
	"x-unknown": { kept: true },
	_meta: { "example.com/hops": { hops: [1, 2] } },
};

export const unknownParams: Feature = {
	name: "Params and `_meta` that no revision knows",
	whole: params,
	attempt: async ({ client }) =>
		withoutProtocolMeta(jsonOf(await client.ask("tools/call", params))),
	outcomes: {
		"legacy on legacy": { kind: "as is" },
		"legacy on modern": { kind: "as is" },
		"modern on legacy": { kind: "as is" },
		"modern on modern": { kind: "as is" },
	},
};
