import type { Feature } from "../feature.ts";
import { call } from "../replies.ts";

const methods = ["tools", "resources", "prompts"].map(
	(list) => `notifications/${list}/list_changed`,
);

export const listChanges: Feature = {
	name: "Changed lists",
	whole: methods.map((method) => [method, 1]),
	async attempt({ client }) {
		const following = await client.follow("lists");
		await call(client, "change-lists");
		for (const method of methods) await following.heard(method);
		await following.stop();
		return methods.map((method) => [method, following.soFar(method).length]);
	},
	outcomes: {
		"legacy on legacy": {
			kind: "as is",
			note: "All clients of the child hear of it.",
		},
		"legacy on modern": {
			kind: "translated",
			note: "The bridge keeps a `subscriptions/listen` open for each client. One that the server ends is opened again with the client's next request.",
		},
		"modern on legacy": {
			kind: "translated",
			note: "`subscriptions/listen` is answered by the bridge, which passes on what it asks for. What the server does not offer by its capabilities is left out of the acknowledgement.",
		},
		"modern on modern": { kind: "as is" },
	},
};
