import type { Json } from "../../../harness/clients.ts";
import type { Feature } from "../feature.ts";
import { call, jsonOf, withoutProtocolMeta } from "../replies.ts";

const meta = {
	traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	tracestate: "vendor=value",
	baggage: "user=ada",
};

export const traceContext: Feature = {
	name: "Trace context",
	whole: meta,
	async attempt({ client }) {
		const params = jsonOf(await call(client, "params", {}, { meta }));
		return withoutProtocolMeta(params as Json)._meta;
	},
	outcomes: {
		"legacy on legacy": { kind: "as is" },
		"legacy on modern": { kind: "as is" },
		"modern on legacy": { kind: "as is" },
		"modern on modern": { kind: "as is" },
	},
};
