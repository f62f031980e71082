import type { Feature } from "../feature.ts";
import { notedBy } from "../noted.ts";

const method = "notifications/example.com/note";

export const unknownClientNotifications: Feature = {
	name: "Notifications of the client that no revision knows",
	whole: { status: 202, isAtTheServer: true, dropped: {} },
	async attempt(cell) {
		const { client } = cell;
		const id = crypto.randomUUID();
		let status = 0;
		const dropped = await cell.dropped(async () => {
			status = await client.tell(method, { id });
		});
		// What is told goes before what is asked later.
		const noted = await notedBy(client, method);
		const isAtTheServer = noted.some((params) => params?.id === id);
		return { status, isAtTheServer, dropped };
	},
	outcomes: {
		"legacy on legacy": { kind: "as is" },
		"legacy on modern": {
			kind: "not there",
			note: "It is dropped and counted as `notification-unknown-to-modern-child`.",
			seen: {
				status: 202,
				isAtTheServer: false,
				dropped: { "notification-unknown-to-modern-child": 1 },
			},
		},
		"modern on legacy": {
			kind: "not there",
			note: "2026-07-28 has no notifications of clients over HTTP. One that comes is accepted with status 202, dropped and counted as `notification-of-modern-client`.",
			seen: {
				status: 202,
				isAtTheServer: false,
				dropped: { "notification-of-modern-client": 1 },
			},
		},
		"modern on modern": {
			kind: "not there",
			note: "2026-07-28 has no notifications of clients over HTTP. One that comes is accepted with status 202, dropped and counted as `notification-of-modern-client`.",
			seen: {
				status: 202,
				isAtTheServer: false,
				dropped: { "notification-of-modern-client": 1 },
			},
		},
	},
};
