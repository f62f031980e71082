import { setTimeout as delay } from "node:timers/promises";
import type { ChaosClient, ClientContext } from "./chaos-client.ts";
import type { Random } from "./random.ts";

const shortestThoughtMs = 20;
const longestThoughtMs = 200;

/** A client's life: it thinks, asks once or twice, and waits until that is accounted for, until it is over. */
export async function live(
	client: ChaosClient,
	{ name, server, journal, up }: ClientContext,
	random: Random,
	over: AbortSignal,
): Promise<void> {
	while (!over.aborted) {
		await delay(random.between(shortestThoughtMs, longestThoughtMs));
		await client.ready();
		const requests = Array.from({ length: random.chance(0.2) ? 2 : 1 }, () => {
			const tool = random.weighted(server.tools);
			const request = journal.begin(name, server.name, tool.name);
			client.call(request, tool.args(request.nonce, random));
			return request;
		});
		await Promise.all(requests.map(({ settled }) => settled));
		// Who has found no bridge comes back when there is one.
		if (!requests.every(({ isAnswered }) => isAnswered)) await up();
	}
}
