import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
	type Bridge,
	fixture,
	startBridge,
} from "../../harness/start-bridge.ts";
import { serverStatus } from "../../harness/status.ts";
import { everything } from "./answers.ts";
import { cellResult, outcomeOf } from "./cell-result.ts";
import { connectEraClient } from "./connect-era-client.ts";
import { clientRevisions, type EraClient, eras } from "./era-client.ts";
import type { Cell, Outcome } from "./feature.ts";
import { features } from "./features.ts";

const claims: Record<Outcome["kind"], string> = {
	"as is": "the client sees all of it, as it is",
	translated: "the client sees all of it, translated",
	"in part": "the client sees a part of it",
	"not there": "the client is told, or the bridge counts, that it is not there",
};

let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({
		servers: {
			legacy: fixture("everything"),
			modern: fixture("everything-modern"),
			"legacy-aside": fixture("everything", [], { protocol: "legacy" }),
			"modern-aside": fixture("everything-modern", [], {
				protocol: "modern",
			}),
		},
	});
});

async function dropsOf(server: string, action: () => Promise<unknown>) {
	const { dropped: before } = await serverStatus(bridge, server);
	await action();
	const { dropped: after } = await serverStatus(bridge, server);
	const counts = Object.entries(after)
		.map(([kind, count]) => [kind, count - (before[kind] ?? 0)] as const)
		.filter(([, count]) => count > 0);
	return Object.fromEntries(counts);
}

describe.each(eras)("%s server", (era) => {
	describe.each(clientRevisions)("client of %s", (revision) => {
		const clients = new Map<string, Promise<EraClient>>();
		const connect = (server: string, capabilities = {}) =>
			connectEraClient(bridge, server, revision, capabilities);
		/** The client of this server with these capabilities, the same for all cells. */
		const clientOf = (server: string, capabilities = {}) => {
			const key = JSON.stringify([server, capabilities]);
			const client = clients.get(key) ?? connect(server, capabilities);
			clients.set(key, client);
			return client;
		};
		afterAll(async () => {
			for (const client of clients.values()) await (await client).close();
		});

		for (const feature of features) {
			const outcome = outcomeOf(feature, revision, era);
			test(`${feature.name}: ${claims[outcome.kind]}`, async ({ task }) => {
				const server = feature.leavesRequest ? `${era}-aside` : era;
				const cell: Cell = {
					client: await clientOf(server),
					server: era,
					able: () => clientOf(server, everything),
					another: () => connect(server),
					dropped: (action) => dropsOf(server, action),
				};
				expect(await feature.attempt(cell)).toEqual(
					"seen" in outcome ? outcome.seen : feature.whole,
				);
				task.meta.cell = cellResult(feature, revision, era);
			});
		}
	});
});
