import { isMembers, type Members } from "../protocol/messages.ts";
import { type OpenChild, openByRequest } from "./open-child.ts";

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
		if ("result" in opening) {
			wire.write({ jsonrpc: "2.0", method: "notifications/initialized" });
		}
		settle(opening);
	});
};

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
