import type { Kind } from "./message.ts";
import { modernRevision, type Revision } from "./revisions.ts";

/** Who sends a message: the bridge is a server to its clients and a client to its children. */
export type Role = "client" | "server";

/** Method → the name that the schemas of the SDKs and of the specification have for it, without their endings. */
type Names = Readonly<Record<string, string>>;
type Methods = Readonly<
	Record<Role, Readonly<Record<"request" | "notification", Names>>>
>;

const features = {
	"completion/complete": "Complete",
	"prompts/get": "GetPrompt",
	"prompts/list": "ListPrompts",
	"resources/list": "ListResources",
	"resources/read": "ReadResource",
	"resources/templates/list": "ListResourceTemplates",
	"tools/call": "CallTool",
	"tools/list": "ListTools",
};
const tasks = {
	"tasks/cancel": "CancelTask",
	"tasks/get": "GetTask",
	"tasks/list": "ListTasks",
	"tasks/result": "GetTaskPayload",
};
/** What a server asks its client: by requests, or since 2026-07-28 within its results. */
export const inputRequests = {
	"elicitation/create": "Elicit",
	"roots/list": "ListRoots",
	"sampling/createMessage": "CreateMessage",
};
const fromBoth = {
	"notifications/cancelled": "Cancelled",
	"notifications/progress": "Progress",
};
const fromServers = {
	...fromBoth,
	"notifications/message": "LoggingMessage",
	"notifications/prompts/list_changed": "PromptListChanged",
	"notifications/resources/list_changed": "ResourceListChanged",
	"notifications/resources/updated": "ResourceUpdated",
	"notifications/tools/list_changed": "ToolListChanged",
};

const legacy: Methods = {
	client: {
		request: {
			...features,
			...tasks,
			initialize: "Initialize",
			"logging/setLevel": "SetLevel",
			ping: "Ping",
			"resources/subscribe": "Subscribe",
			"resources/unsubscribe": "Unsubscribe",
		},
		notification: {
			...fromBoth,
			"notifications/initialized": "Initialized",
			"notifications/roots/list_changed": "RootsListChanged",
			"notifications/tasks/status": "TaskStatus",
		},
	},
	server: {
		request: { ...inputRequests, ...tasks, ping: "Ping" },
		notification: {
			...fromServers,
			"notifications/elicitation/complete": "ElicitationComplete",
			"notifications/tasks/status": "TaskStatus",
		},
	},
};

/** Here servers ask nothing by requests (2026-07-28, basic/patterns/mrtr). */
const modern: Methods = {
	client: {
		request: {
			...features,
			"server/discover": "Discover",
			"subscriptions/listen": "SubscriptionsListen",
		},
		notification: { "notifications/cancelled": "Cancelled" },
	},
	server: {
		request: {},
		notification: {
			...fromServers,
			"notifications/subscriptions/acknowledged": "SubscriptionsAcknowledged",
		},
	},
};

const known = new Set(
	[legacy, modern].flatMap(({ client, server }) =>
		[client, server].flatMap(({ request, notification }) => [
			...Object.keys(request),
			...Object.keys(notification),
		]),
	),
);

const withEmptyResult = ["Ping", "SetLevel", "Subscribe", "Unsubscribe"];

/** Methods whose result may ask for input instead (2026-07-28, basic/patterns/mrtr). */
export const mayRequireInput = ["tools/call", "prompts/get", "resources/read"];

/** The definition of a request or notification; undefined for what no revision knows, a sentence for what is out of place. */
export function definitionOf(
	kind: Extract<Kind, "request" | "notification">,
	method: string,
	from: Role,
	revision: Revision,
): { name: string } | { problem: string } | undefined {
	const name = nameOf(kind, method, from, revision);
	if (name !== undefined)
		return { name: name + (kind === "request" ? "Request" : "Notification") };
	return known.has(method)
		? { problem: `"${method}" is no ${kind} of a ${from} in ${revision}` }
		: undefined;
}

/** The definition of the result that answers a request; undefined for a method that the revision does not know. */
export function resultDefinitionOf(
	method: string,
	askedBy: Role,
	revision: Revision,
): string | undefined {
	const name = nameOf("request", method, askedBy, revision);
	if (name === undefined) return undefined;
	return withEmptyResult.includes(name) ? "EmptyResult" : `${name}Result`;
}

function nameOf(
	kind: "request" | "notification",
	method: string,
	from: Role,
	revision: Revision,
): string | undefined {
	const names = (revision === modernRevision ? modern : legacy)[from][kind];
	return Object.hasOwn(names, method) ? names[method] : undefined;
}
