/** Where `fetch` of Node has the agent that it works with (undici, `lib/global.js`). */
const agentKey = Symbol.for("undici.globalDispatcher.1");

interface Agent {
	close(): Promise<void>;
}

/**
 * Closes the connections that `fetch` keeps for later, for as long as the
 * bridge would: what the bridge then still has open is its own fault.
 */
export async function closeIdleConnections(): Promise<void> {
	const holder = globalThis as Record<symbol, unknown>;
	const agent = holder[agentKey] as Agent | undefined;
	if (agent === undefined) return;
	holder[agentKey] = new (agent.constructor as new () => Agent)();
	await agent.close();
}
