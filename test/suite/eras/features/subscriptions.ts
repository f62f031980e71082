import { eventually } from "../../../harness/processes.ts";
import type { EraClient } from "../era-client.ts";
import type { Feature } from "../feature.ts";
import { call, textOf } from "../replies.ts";

const updated = "notifications/resources/updated";
const uri = "fixture://text/1";

/** Has it touched; gives the URIs that the server knows to be subscribed to. */
async function touch(client: EraClient): Promise<string> {
	return textOf(await call(client, "touch-resource", { uri }));
}

export const subscriptions: Feature = {
	name: "Subscriptions to resources",
	whole: {
		atTheServer: JSON.stringify([uri]),
		update: { uri, title: "touched" },
		count: 1,
	},
	async attempt({ client }) {
		const following = await client.follow({ uri });
		const atTheServer = await touch(client);
		const { params = {} } = await following.heard(updated);
		await following.stop();
		await eventually(
			async () => (await touch(client)) === "[]",
			"the end of the subscription at the server",
		);
		const { _meta, ...update } = params;
		return { atTheServer, update, count: following.soFar(updated).length };
	},
	outcomes: {
		"legacy on legacy": {
			kind: "as is",
			note: "Clients that share a child are counted: it hears of the first `resources/subscribe` and of the last `resources/unsubscribe`.",
		},
		"legacy on modern": {
			kind: "translated",
			note: "`resources/subscribe` becomes a `subscriptions/listen`, `resources/unsubscribe` its end. Where the server does not agree to it the client gets an error.",
		},
		"modern on legacy": {
			kind: "translated",
			note: "`subscriptions/listen` becomes a `resources/subscribe` for each URI. One that the server refuses is left out of the acknowledgement and counted as `subscription-refused`.",
		},
		"modern on modern": { kind: "as is" },
	},
};
