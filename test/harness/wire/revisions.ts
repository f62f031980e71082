/** The revisions with an `initialize` handshake, oldest first. */
export const legacyRevisions = [
	"2024-11-05",
	"2025-03-26",
	"2025-06-18",
	"2025-11-25",
] as const;

export const latestLegacyRevision = "2025-11-25";
/** What a Streamable HTTP client speaks that never said (2025-11-25, transports, 'Protocol Version Header'). */
export const assumedRevision = "2025-03-26";
export const modernRevision = "2026-07-28";

export type LegacyRevision = (typeof legacyRevisions)[number];
export type Revision = LegacyRevision | typeof modernRevision;

export function isLegacyRevision(value: unknown): value is LegacyRevision {
	return legacyRevisions.includes(value as LegacyRevision);
}

/** The `_meta` keys of 2026-07-28 (basic/index, '_meta'). */
export const metaKey = {
	protocolVersion: "io.modelcontextprotocol/protocolVersion",
	clientInfo: "io.modelcontextprotocol/clientInfo",
	clientCapabilities: "io.modelcontextprotocol/clientCapabilities",
	logLevel: "io.modelcontextprotocol/logLevel",
	serverInfo: "io.modelcontextprotocol/serverInfo",
	subscriptionId: "io.modelcontextprotocol/subscriptionId",
} as const;
