import type { Feature } from "../feature.ts";
import { notedBy } from "../noted.ts";

const method = "notifications/roots/list_changed";

export const changedRoots: Feature = {
	name: "Changed roots",
	whole: { status: 202, atTheServer: 1, dropped: {} },
	async attempt(cell) {
		const client = await cell.able();
		const before = await notedBy(client, method);
		let status = 0;
		const dropped = await cell.dropped(async () => {
			status = await client.tell(method, {});
		});
		// What is told goes before what is asked later.
		const after = await notedBy(client, method);
		return { status, atTheServer: after.length - before.length, dropped };
	},
	outcomes: {
		"legacy on legacy": {
			kind: "as is",
			note: "With isolation `shared` it is dropped and counted as `client-state-on-shared-child`: one client's roots must not be everybody's.",
		},
		"legacy on modern": {
			kind: "not there",
			note: "2026-07-28 does not have it: a server asks with each call. It is dropped and counted as `notification-unknown-to-modern-child`.",
			seen: {
				status: 202,
				atTheServer: 0,
				dropped: { "notification-unknown-to-modern-child": 1 },
			},
		},
		"modern on legacy": {
			kind: "not there",
			note: "2026-07-28 has no notifications of clients over HTTP. One that comes is accepted with status 202, dropped and counted as `notification-of-modern-client`.",
			seen: {
				status: 202,
				atTheServer: 0,
				dropped: { "notification-of-modern-client": 1 },
			},
		},
		"modern on modern": {
			kind: "not there",
			note: "2026-07-28 has no notifications of clients over HTTP. One that comes is accepted with status 202, dropped and counted as `notification-of-modern-client`.",
			seen: {
				status: 202,
				atTheServer: 0,
				dropped: { "notification-of-modern-client": 1 },
			},
		},
	},
};
