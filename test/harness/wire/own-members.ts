import { isMembers, type Members, type Message } from "./message.ts";
import { latestLegacyRevision, metaKey, modernRevision } from "./revisions.ts";

/** Members of params and results that the bridge adds, takes off or writes anew. */
const ownMembers = [
	"_meta",
	"cacheScope",
	"inputResponses",
	"progressToken",
	"protocolVersion",
	"requestId",
	"requestState",
	"resultType",
	"supportedVersions",
	"ttlMs",
];

export function withoutOwnMembers(value: unknown): unknown {
	if (!isMembers(value)) return value;
	return Object.fromEntries(
		Object.entries(value).filter(([name]) => !ownMembers.includes(name)),
	);
}

/** The message with right ones: what is still wrong with it then is not of the bridge's writing on the other side. */
export function withRightOwnMembers(
	message: Message,
	asked: Message | undefined,
	modern: boolean,
): Message {
	const copy = structuredClone(message);
	const { method, params, result } = copy;
	if (isMembers(params)) {
		delete params._meta;
		if (modern && "id" in copy)
			params._meta = {
				[metaKey.protocolVersion]: modernRevision,
				[metaKey.clientCapabilities]: {},
			};
		if (method === "initialize") params.protocolVersion = latestLegacyRevision;
		if (method === "notifications/progress") params.progressToken = 0;
		if (method === "notifications/cancelled") params.requestId = 0;
	}
	if (isMembers(result)) {
		delete result._meta;
		if (modern) Object.assign(result, rightModern(result, asked));
		else if (asked?.method === "initialize")
			result.protocolVersion = latestLegacyRevision;
	}
	return copy;
}

function rightModern(result: Members, asked: Message | undefined): Members {
	if (result.resultType === "input_required") return {};
	return {
		resultType: "complete",
		ttlMs: 0,
		cacheScope: "private",
		...(asked?.method === "server/discover" && {
			supportedVersions: [modernRevision],
		}),
		...(asked?.method === "subscriptions/listen" && {
			_meta: { [metaKey.subscriptionId]: asked.id },
		}),
	};
}
