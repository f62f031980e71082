import { isMembers, type Members } from "../protocol/messages.ts";
import {
	isSpokenByChildren,
	modernRevision,
	servedRevisions,
	unsupportedRevision,
} from "../protocol/revisions.ts";
import type { Exit, Wire } from "../protocol/wire.ts";
import { type NotOpened, type OpenChild, openByRequest } from "./open-child.ts";

/** Characters of a revision that are quoted. */
const longestName = 40;

/**
 * The bridge's own handshake with a child: `initialize` → its answer →
 * `notifications/initialized` (2025-11-25, lifecycle).
 */
export const initializeChild: OpenChild = (
	wire,
	client,
	revision,
	timeoutMs,
	settle,
) => {
	const params = {
		protocolVersion: revision,
		capabilities: client.capabilities,
		clientInfo: client.info,
	};
	openByRequest(wire, "initialize", params, timeoutMs, (opening) => {
		const foreign =
			"result" in opening
				? foreignRevision(opening.result, revision)
				: undefined;
		if (foreign !== undefined) {
			settle(notServed(foreign, wire));
			return;
		}
		if ("result" in opening) {
			wire.write({ jsonrpc: "2.0", method: "notifications/initialized" });
		}
		settle(opening);
	});
};

/** The revision that a child names in its answer, where nobody knows how to speak with it then; some name none, and mean what they were asked. */
function foreignRevision(
	{ protocolVersion }: Members,
	asked: string,
): string | undefined {
	return typeof protocolVersion !== "string" ||
		protocolVersion === asked ||
		isSpokenByChildren(protocolVersion)
		? undefined
		: protocolVersion;
}

/** 2025-11-25, lifecycle, 'Version Negotiation': a client disconnects then. One that names the modern revision has refused this one. */
function notServed(revision: string, wire: Wire): NotOpened {
	const name = JSON.stringify(revision.slice(0, longestName));
	const failure: Exit = {
		code: "REVISION_NOT_SERVED",
		reason: `answered initialize with protocol revision ${name}, which is not served (use a version of it that speaks one of ${servedRevisions.join(", ")})`,
		...wire.output,
	};
	return revision === modernRevision
		? { failure, refusal: unsupportedRevision(revision, [revision]) }
		: { failure };
}

/**
 * A child's answer to `initialize` with what every revision's schema wants in
 * it, since clients refuse to connect without: capabilities that are objects,
 * and who the server is.
 *
 * @param name of the server's entry, where it does not say its own
 */
export function completeInitialize(result: Members, name: string): Members {
	const { capabilities, serverInfo } = result;
	const declared = isMembers(capabilities) ? Object.entries(capabilities) : [];
	const isWhole =
		isMembers(capabilities) && declared.every(([, value]) => isMembers(value));
	const own = isMembers(serverInfo) ? serverInfo : {};
	const isNamed =
		typeof own.name === "string" && typeof own.version === "string";
	if (isWhole && isNamed) return result;
	const version = typeof own.version === "string" ? own.version : "unknown";
	return {
		...result,
		capabilities: Object.fromEntries(
			declared
				.map(([key, value]) => [key, isEmptyArray(value) ? {} : value])
				.filter(([, value]) => isMembers(value)),
		),
		serverInfo: {
			...own,
			name: typeof own.name === "string" ? own.name : name,
			version,
		},
	};
}

/** As PHP writes an empty object. */
function isEmptyArray(value: unknown): boolean {
	return Array.isArray(value) && value.length === 0;
}
