import { crowded } from "../crowded.ts";
import type { Cell, Feature } from "../feature.ts";

const method = "notifications/example.com/news";
const params = { list: [1, "1"], _meta: { "example.com/b": null } };

async function newsOf({ client }: Cell) {
	const { notifications } = await client.ask("fixture/notify", {
		method,
		params,
	});
	return notifications
		.filter((one) => one.method === method)
		.map((one) => one.params);
}

export const unknownServerNotifications: Feature = {
	name: "Notifications of the server that no revision knows",
	whole: { alone: [params], inACrowd: [params], dropped: {} },
	async attempt(cell) {
		let alone: unknown;
		let inACrowd: unknown;
		const dropped = await cell.dropped(async () => {
			alone = await newsOf(cell);
			inACrowd = await crowded(cell, () => newsOf(cell));
		});
		return { alone, inACrowd, dropped };
	},
	outcomes: {
		"legacy on legacy": {
			kind: "in part",
			note: "As with log messages: on a child that several share it goes to a client only where it is certain to be its own, else it is dropped and counted as `notification-of-no-certain-client`. With isolation `session` all arrive.",
			seen: {
				alone: [params],
				inACrowd: [],
				dropped: { "notification-of-no-certain-client": 1 },
			},
		},
		"legacy on modern": {
			kind: "not there",
			note: "A server of 2026-07-28 sends none that belongs to no request. One that comes is dropped and counted as `notification-of-no-request`.",
			seen: {
				alone: [],
				inACrowd: [],
				dropped: { "notification-of-no-request": 2 },
			},
		},
		"modern on legacy": {
			kind: "not there",
			note: "It is dropped and counted as `notification-nobody-asked-for`, or as `notification-of-no-certain-client`.",
			seen: {
				alone: [],
				inACrowd: [],
				dropped: {
					"notification-nobody-asked-for": 1,
					"notification-of-no-certain-client": 1,
				},
			},
		},
		"modern on modern": {
			kind: "not there",
			note: "A server of 2026-07-28 sends none that belongs to no request. One that comes is dropped and counted as `notification-of-no-request`.",
			seen: {
				alone: [],
				inACrowd: [],
				dropped: { "notification-of-no-request": 2 },
			},
		},
	},
};
