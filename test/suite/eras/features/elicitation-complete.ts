import { expect } from "vitest";
import type { Feature } from "../feature.ts";
import { call } from "../replies.ts";

const method = "notifications/elicitation/complete";

export const elicitationComplete: Feature = {
	name: "Completion of an elicitation by URL",
	since: "2025-11-25",
	whole: {
		elicitationId: "elicitation-1",
		completions: [{ elicitationId: "elicitation-1" }],
		dropped: {},
	},
	async attempt(cell) {
		const client = await cell.able();
		let elicitationId: unknown;
		let completions: unknown;
		const dropped = await cell.dropped(async () => {
			const url = "https://example.com/sign-in";
			const reply = await call(client, "elicit-url", { url });
			elicitationId = reply.questions[0]?.params.elicitationId;
			completions = reply.notifications
				.filter((one) => one.method === method)
				.map(({ params }) => params);
		});
		return { elicitationId, completions, dropped };
	},
	outcomes: {
		"legacy on legacy": { kind: "as is" },
		"legacy on modern": {
			kind: "not there",
			note: "A server of 2026-07-28 says nothing of it. The bridge makes up the `elicitationId` that the client's revision requires; no notification follows.",
			seen: {
				elicitationId: expect.stringMatching(/^input-\d+$/),
				completions: [],
				dropped: {},
			},
		},
		"modern on legacy": {
			kind: "not there",
			note: "2026-07-28 has neither `elicitationId` nor the notification: the client sends its call again instead. The first is taken off, the second dropped and counted as `notification-nobody-asked-for`.",
			seen: {
				elicitationId: undefined,
				completions: [],
				dropped: { "notification-nobody-asked-for": 1 },
			},
		},
		"modern on modern": {
			kind: "not there",
			note: "2026-07-28 does not have it.",
			seen: { elicitationId: undefined, completions: [], dropped: {} },
		},
	},
};
