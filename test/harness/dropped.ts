import type { Bridge } from "./start-bridge.ts";
import { serverStatus } from "./status.ts";

/** How many messages a server has dropped so far, of whatever kind. */
export async function droppedBy(
	bridge: Pick<Bridge, "url">,
	server: string,
): Promise<number> {
	const { dropped } = await serverStatus(bridge, server);
	return Object.values(dropped).reduce((sum, count) => sum + count, 0);
}
