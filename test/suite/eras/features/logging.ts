import { expect } from "vitest";
import { crowded } from "../crowded.ts";
import type { EraClient } from "../era-client.ts";
import { eraOf } from "../era-client.ts";
import type { Feature } from "../feature.ts";
import { call } from "../replies.ts";

const data = { kind: "structured", at: [1, 2] };
const line = { level: "error", logger: "db", data };

async function log(client: EraClient, level: string) {
	const { notifications } = await call(client, "log", { ...line, level });
	return notifications
		.filter(({ method }) => method === "notifications/message")
		.map(({ params }) => params);
}

const whole = { admitted: [line], below: [], inACrowd: [line], dropped: {} };

export const logging: Feature = {
	name: "Log messages",
	whole,
	async attempt(cell) {
		const { client } = cell;
		const isLegacy = eraOf(client.revision) === "legacy";
		const unasked = await log(client, "error");
		expect(unasked).toHaveLength(isLegacy ? 1 : 0);
		await client.setLogLevel("warning");
		const admitted = await log(client, "error");
		const below = await log(client, "info");
		let inACrowd: unknown;
		const dropped = await cell.dropped(async () => {
			inACrowd = await crowded(cell, () => log(client, "error"));
		});
		return { admitted, below, inACrowd, dropped };
	},
	outcomes: {
		"legacy on legacy": {
			kind: "in part",
			note: "A message does not say for whom it is. On a child that several share a client gets it, where its level admits it, while no other has a request in flight, nor has given one up within the last minute that the server has not answered. Else it is dropped and counted as `log-of-no-certain-client`. With isolation `session` all arrive.",
			seen: {
				...whole,
				inACrowd: [],
				dropped: { "log-of-no-certain-client": 1 },
			},
		},
		"legacy on modern": {
			kind: "in part",
			note: "The level of `logging/setLevel` goes with each request, `info` until the client has set one. A message does not say for which request it is: where several in flight want it, or one that was given up within the last minute did, it is dropped and counted as `log-of-no-certain-request`.",
			seen: {
				...whole,
				inACrowd: [],
				dropped: { "log-of-no-certain-request": 1 },
			},
		},
		"modern on legacy": {
			kind: "in part",
			note: "The level of the request is set by `logging/setLevel` before the server gets it. A message does not say for whom it is: while another request is in flight on the same child, or was given up within the last minute and is not answered, it is dropped and counted as `log-of-no-certain-client`. A message that the request has not asked for is counted as `notification-nobody-asked-for`.",
			seen: {
				...whole,
				inACrowd: [],
				dropped: { "log-of-no-certain-client": 1 },
			},
		},
		"modern on modern": {
			kind: "in part",
			note: "A message does not say for which request it is: where several in flight want it, or one that was given up within the last minute did, it is dropped and counted as `log-of-no-certain-request`.",
			seen: {
				...whole,
				inACrowd: [],
				dropped: { "log-of-no-certain-request": 1 },
			},
		},
	},
};
