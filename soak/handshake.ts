import type { Session } from "../bench/clients/session.ts";

export interface Client {
	readonly revision: string;
	readonly capabilities: object;
}

/** A client's part of the lifecycle's beginning; anything but the revision it asked for is an error. */
export async function handshake(
	session: Pick<Session, "ask" | "tell">,
	{ revision, capabilities }: Client,
): Promise<void> {
	const result = (await session.ask("initialize", {
		protocolVersion: revision,
		capabilities,
		clientInfo: { name: "soak", version: "1.0.0" },
	})) as { protocolVersion?: unknown; serverInfo?: { name?: unknown } };
	if (
		result?.protocolVersion !== revision ||
		result.serverInfo?.name !== "soak"
	)
		throw new Error(`wrong answer to initialize: ${JSON.stringify(result)}`);
	await session.tell("notifications/initialized");
}
