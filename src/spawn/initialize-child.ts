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
