import { modernMeta } from "../protocol/meta.ts";
import { modernRevision, servedRevisions } from "../protocol/revisions.ts";
import { type OpenChild, openByRequest } from "./open-child.ts";

/**
 * The bridge's first request to a modern child: `server/discover` → its answer
 * (2026-07-28, server/discover). There is no handshake; what the answer says is
 * given to every client that asks.
 */
export const discoverChild: OpenChild = (
	wire,
	client,
	_revision,
	timeoutMs,
	settle,
) => {
	const params = { _meta: modernMeta(undefined, client) };
	openByRequest(wire, "server/discover", params, timeoutMs, (opening) => {
		if (!("result" in opening)) {
			settle(opening);
			return;
		}
		const { supportedVersions } = opening.result;
		const isServed =
			Array.isArray(supportedVersions) &&
			supportedVersions.includes(modernRevision);
		if (isServed) {
			// Clients speak with the bridge, which serves them all.
			const result = { ...opening.result, supportedVersions: servedRevisions };
			settle({ result });
			return;
		}
		const reason = `speaks ${JSON.stringify(supportedVersions)} and not ${modernRevision} (set "protocol" to "legacy" where it has an initialize handshake)`;
		const code = "REVISION_NOT_SERVED";
		settle({ failure: { code, reason, ...wire.output } });
	});
};
