import type { Json } from "../../../harness/clients.ts";
import type { EraClient } from "../era-client.ts";
import type { Feature } from "../feature.ts";
import { call } from "../replies.ts";

async function stepsOf(client: EraClient, progressToken: string | number) {
	const reply = await call(client, "progress", { steps: 2 }, { progressToken });
	return reply.notifications.map(({ params }) => params as Json);
}

const steps = (progressToken: string | number) =>
	[1, 2].map((progress) => ({
		progressToken,
		progress,
		total: 2,
		message: `step ${progress}`,
	}));

export const progress: Feature = {
	name: "Progress",
	whole: { byText: steps("0"), byNumber: steps(0) },
	attempt: async ({ client }) => ({
		byText: await stepsOf(client, "0"),
		byNumber: await stepsOf(client, 0),
	}),
	outcomes: {
		"legacy on legacy": { kind: "as is" },
		"legacy on modern": { kind: "as is" },
		"modern on legacy": { kind: "as is" },
		"modern on modern": { kind: "as is" },
	},
};
