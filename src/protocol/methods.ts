import type { Era, LegacyRevision } from "./revisions.ts";

/** Who sends a message: clients, servers, or either. */
export type Sender = "client" | "server" | "both";

/** What a server has lists of, named as the capability that it declares with them. */
export type ListKind = "tools" | "prompts" | "resources";

/** A list that is read by pages. */
export interface List {
	kind: ListKind;
	/** The member of the result that holds the entries. */
	member: string;
	/** The member of an entry that names it. */
	key: string;
	/** The notification that says that it has changed. */
	changed: string;
}

/** What the bridge has to know of one method of the specification. */
export interface Method {
	readonly kind: "request" | "notification";
	/** Who sends it, by era; an era that is left out does not have it. */
	readonly from: { readonly [E in Era]?: Sender };
	/** The revision that added it, where that is not the first one of its era. */
	readonly since?: LegacyRevision;
	/** It is no part of the modern revision itself, and what it is there is for this extension to say. */
	readonly extension?: "tasks";
	/** What its receiver declares that has it. */
	readonly capability?: string;
	/** The member of `params` that names what it is about; see {@link mirroredName}. */
	readonly named?: "name" | "uri" | "taskId";
	readonly list?: List;
	/** What a modern client asks for in `subscriptions/listen` to get this notification. */
	readonly filter?: string;
	/** A modern result of it carries cache hints (2026-07-28, server/utilities/caching). */
	readonly isCacheable?: true;
	/** It only reads, so that a server may get it twice. A call of a tool is repeatable where the tool says so. */
	readonly isRepeatable?: true;
	/** During it a server may ask its client (2026-07-28, basic/patterns/mrtr, 'Supported Requests'). */
	readonly mayAsk?: true;
	/** It does not count against a child's `concurrency`, and waits for nothing that does. */
	readonly takesNoTurn?: true;
	/** It changes what a legacy child tells of; what a client has set so is set up again on the next child. */
	readonly isSetting?: true;
	/** A child is opened with it, so that the bridge knows the answer. */
	readonly isOpening?: true;
	/** It says something of one client, and so nothing on a child that several share. */
	readonly isOfOneClient?: true;
}

const client = { legacy: "client", modern: "client" } as const;
const server = { legacy: "server", modern: "server" } as const;
const legacyClient = { legacy: "client" } as const;
const legacyBoth = { legacy: "both" } as const;

/** A method that answers with the pages of a list. */
function list(kind: ListKind, member: string, key: string): Method {
	const changed = `notifications/${kind}/list_changed`;
	return {
		kind: "request",
		from: client,
		capability: kind,
		list: { kind, member, key, changed },
		isCacheable: true,
		isRepeatable: true,
	};
}

function listChange(kind: ListKind): Method {
	return { kind: "notification", from: server, filter: `${kind}ListChanged` };
}

/** What a server asks its client: by a request, or since 2026-07-28 inside of a result. */
function question(capability: string, since?: LegacyRevision): Method {
	const from = { legacy: "server" } as const;
	return { kind: "request", from, capability, ...(since && { since }) };
}

/** A request about a task; an extension since 2026-07-28 (SEP-2663). */
function task(from: Method["from"] = legacyBoth): Method {
	return {
		kind: "request",
		from,
		...(from.legacy && { since: "2025-11-25" }),
		extension: "tasks",
	};
}

const table: Readonly<Record<string, Method>> = {
	initialize: { kind: "request", from: legacyClient, isOpening: true },
	"server/discover": {
		kind: "request",
		from: { modern: "client" },
		isOpening: true,
		isCacheable: true,
	},
	// It asks how a child is doing with what it has.
	ping: { kind: "request", from: legacyBoth, takesNoTurn: true },
	"tools/list": list("tools", "tools", "name"),
	"tools/call": {
		kind: "request",
		from: client,
		capability: "tools",
		named: "name",
		mayAsk: true,
	},
	"prompts/list": list("prompts", "prompts", "name"),
	"prompts/get": {
		kind: "request",
		from: client,
		capability: "prompts",
		named: "name",
		mayAsk: true,
	},
	"resources/list": list("resources", "resources", "uri"),
	"resources/templates/list": list(
		"resources",
		"resourceTemplates",
		"uriTemplate",
	),
	"resources/read": {
		kind: "request",
		from: client,
		capability: "resources",
		named: "uri",
		isCacheable: true,
		mayAsk: true,
	},
	"resources/subscribe": {
		kind: "request",
		from: legacyClient,
		capability: "resources",
		named: "uri",
		isSetting: true,
	},
	"resources/unsubscribe": {
		kind: "request",
		from: legacyClient,
		capability: "resources",
		named: "uri",
		isSetting: true,
	},
	"completion/complete": {
		kind: "request",
		from: client,
		capability: "completions",
	},
	"logging/setLevel": {
		kind: "request",
		from: legacyClient,
		capability: "logging",
		isSetting: true,
	},
	// It stays open, and would never give its turn back.
	"subscriptions/listen": {
		kind: "request",
		from: { modern: "client" },
		takesNoTurn: true,
	},
	"tasks/get": { ...task(), named: "taskId" },
	"tasks/update": { ...task({}), named: "taskId" },
	"tasks/cancel": { ...task(), named: "taskId" },
	"tasks/list": task(),
	"tasks/result": task(),
	"elicitation/create": question("elicitation", "2025-06-18"),
	"sampling/createMessage": question("sampling"),
	"roots/list": question("roots"),
	"notifications/initialized": { kind: "notification", from: legacyClient },
	"notifications/cancelled": {
		kind: "notification",
		from: { legacy: "both", modern: "both" },
	},
	"notifications/progress": {
		kind: "notification",
		from: { legacy: "both", modern: "server" },
		isOfOneClient: true,
	},
	"notifications/message": { kind: "notification", from: server },
	"notifications/resources/updated": { kind: "notification", from: server },
	"notifications/tools/list_changed": listChange("tools"),
	"notifications/prompts/list_changed": listChange("prompts"),
	"notifications/resources/list_changed": listChange("resources"),
	"notifications/subscriptions/acknowledged": {
		kind: "notification",
		from: { modern: "server" },
	},
	"notifications/roots/list_changed": {
		kind: "notification",
		from: legacyClient,
		isOfOneClient: true,
	},
	"notifications/elicitation/complete": {
		kind: "notification",
		from: { legacy: "server" },
		since: "2025-11-25",
	},
	"notifications/tasks/status": {
		kind: "notification",
		from: legacyBoth,
		since: "2025-11-25",
	},
};

/** All methods that any revision knows. What else is named in `src` beside a method is code that serves it. */
export const methods: ReadonlyMap<string, Method> = new Map(
	Object.entries(table),
);

/** The methods that answer with a list. */
export const lists: ReadonlyMap<string, List> = new Map(
	[...methods].flatMap(([name, { list }]) => (list ? [[name, list]] : [])),
);

/** The kinds of lists by the notification that says that one has changed. */
export const changedKinds: ReadonlyMap<string, ListKind> = new Map(
	[...lists.values()].map(({ changed, kind }) => [changed, kind]),
);

/** All kinds of lists, with what tells of their changes and what modern clients ask for to be told. */
export const listChanges = [...changedKinds].map(([notification, kind]) => ({
	kind,
	notification,
	filter: filterOf(notification) ?? "",
}));

/** What a modern client asks for in `subscriptions/listen` to get a notification; undefined where it can ask for none. */
export function filterOf(notification: string): string | undefined {
	return methods.get(notification)?.filter;
}

/** Whether a server with these capabilities says that it has a method of the specification. */
export function isDeclared(method: string, capabilities: object): boolean {
	const known = methods.get(method);
	return (
		known?.capability !== undefined &&
		(known.from.legacy ?? known.from.modern) === "client" &&
		known.capability in capabilities
	);
}

/** True for a method that the modern revision has removed, so that no modern client must find it. */
export function isRemoved(method: string): boolean {
	const { kind, from, extension } = methods.get(method) ?? {};
	const isAsked = from?.legacy === "client" || from?.legacy === "both";
	return kind === "request" && isAsked && !from.modern && !extension;
}

/** True for a method that came with the modern revision, and that no legacy child may see. */
export function isModernOnly(method: string): boolean {
	const { from } = methods.get(method) ?? {};
	return from?.modern === "client" && !from.legacy;
}

/** The member of `params` that the `Mcp-Name` header mirrors; for tasks see SEP-2663, 'Streamable HTTP: Routing Headers'. */
export function mirroredName(method: string): string | undefined {
	const { from, extension, named } = methods.get(method) ?? {};
	return from?.modern || extension ? named : undefined;
}

/** True for the request with which a child of that era is opened, so that the bridge knows the answer. */
export function isOpening(method: string, era: Era): boolean {
	const known = methods.get(method);
	return known?.isOpening === true && known.from[era] !== undefined;
}
