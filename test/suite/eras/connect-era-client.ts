import type { Json } from "../../harness/clients.ts";
import type { Bridge } from "../../harness/start-bridge.ts";
import { type ClientRevision, type EraClient, eraOf } from "./era-client.ts";
import { LegacyEraClient } from "./legacy-era-client.ts";
import { ModernEraClient } from "./modern-era-client.ts";

/** A client of this revision, ready to ask. */
export async function connectEraClient(
	bridge: Pick<Bridge, "url">,
	server: string,
	revision: ClientRevision,
	capabilities: Json = {},
): Promise<EraClient> {
	return eraOf(revision) === "modern"
		? new ModernEraClient(bridge, server, capabilities)
		: LegacyEraClient.connect(bridge, server, revision, capabilities);
}
