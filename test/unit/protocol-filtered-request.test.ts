import { describe, expect, test } from "vitest";
import {
	filteredReceive,
	filteredRequest,
} from "../../src/protocol/filtered-request.ts";
import {
	changesBetween,
	type FilterPatterns,
	filtersOf,
} from "../../src/protocol/filters.ts";
import type { Members, Notification } from "../../src/protocol/messages.ts";
import type { Peer } from "../../src/protocol/peer.ts";
import type { Era } from "../../src/protocol/revisions.ts";
import { inbox, ScriptedPeer } from "../harness/scripted-peer.ts";

const none: FilterPatterns = {
	tools: undefined,
	prompts: undefined,
	resources: undefined,
};

/** A client behind filters that can be changed, and the server before them. */
function open(patterns: Partial<FilterPatterns>, era: Era = "legacy") {
	const behind = new ScriptedPeer();
	const dropped: string[] = [];
	let filters = filtersOf({ ...none, ...patterns });
	const filtering = {
		era,
		filters: () => filters,
		dropped: (kind: string) => dropped.push(kind),
	};
	const peer: Peer = {
		ask(asked, receive) {
			const admitted = filteredRequest(asked, receive, filtering);
			if (admitted) behind.ask(admitted.request, admitted.receive);
		},
		tell: (message) => behind.tell(message),
		listen: (receive) => behind.listen(filteredReceive(receive, filtering)),
		close: () => behind.close(),
	};
	const ask = (method: string, params?: Members) => {
		const received = inbox();
		peer.ask(
			{ jsonrpc: "2.0", id: 1, method, ...(params && { params }) },
			received,
		);
		return received.messages;
	};
	return {
		behind,
		dropped,
		peer,
		ask,
		/** The result of a request that the server answers so. */
		answered(method: string, result: Members, params?: Members) {
			const messages = ask(method, params);
			behind.latest(method).result(result);
			return messages[0];
		},
		change: (next: Partial<FilterPatterns>) => {
			filters = filtersOf({ ...none, ...next });
		},
	};
}
const error = (code: number, message: string, data?: Members) => ({
	jsonrpc: "2.0",
	id: 1,
	error: { code, message, ...(data && { data }) },
});
const result = (members: Members) => ({
	jsonrpc: "2.0",
	id: 1,
	result: members,
});
const updated = (uri: string): Notification => ({
	jsonrpc: "2.0",
	method: "notifications/resources/updated",
	params: { uri },
});
const denyAll = {
	tools: { deny: ["bad"] },
	prompts: { deny: ["bad"] },
	resources: { deny: ["bad:*"] },
};
const badUri = { uri: "bad:1" };

describe.each(["legacy", "modern"] as const)("for a %s client", (era) => {
	const notFound = error(
		era === "legacy" ? -32002 : -32602,
		"Resource not found",
		badUri,
	);

	test.each([
		["tools/call", { name: "bad" }, error(-32602, "Unknown tool: bad")],
		["prompts/get", { name: "bad" }, error(-32602, "Unknown prompt: bad")],
		["resources/read", badUri, notFound],
		["resources/subscribe", badUri, notFound],
		["resources/unsubscribe", badUri, notFound],
		[
			"completion/complete",
			{ ref: { type: "ref/prompt", name: "bad" } },
			error(-32602, "Unknown prompt: bad"),
		],
		[
			"completion/complete",
			{ ref: { type: "ref/resource", ...badUri } },
			notFound,
		],
		["completion/complete", { ref: { name: "good", ...badUri } }, notFound],
		[
			"completion/complete",
			{ ref: { type: "ref/other", name: "bad", uri: "good:1" } },
			error(-32602, "Unknown prompt: bad"),
		],
	])("%s of %j is answered as unknown, counted, and reaches nobody", (method, params, expected) => {
		const { ask, behind, dropped } = open(denyAll, era);
		expect(ask(method, params)).toEqual([expected]);
		expect(behind.asked).toEqual([]);
		expect(dropped).toHaveLength(1);
	});
});

test.each([
	["tools/call", "call-of-denied-tool"],
	["prompts/get", "request-for-denied-prompt"],
	["resources/read", "request-for-denied-resource"],
])("%s without a name that can be read is refused where there is a filter, and counted as %s", (method, kind) => {
	for (const params of [undefined, {}, { name: ["bad"], uri: ["bad:1"] }]) {
		const { ask, behind, dropped } = open(denyAll);
		expect(ask(method, params)).toMatchObject([{ error: { code: -32602 } }]);
		expect(behind.asked).toEqual([]);
		expect(dropped).toEqual([kind]);
	}
});

test("what is admitted, what has no filter, and any other request pass as they are", () => {
	const { ask, behind, dropped } = open(denyAll);
	const requests: [string, Members][] = [
		["tools/call", { name: "good" }],
		["prompts/get", { name: "good" }],
		["resources/read", { uri: "good:1" }],
		["completion/complete", { ref: { type: "ref/prompt", name: "good" } }],
		["completion/complete", { ref: { type: "ref/resource", uri: "good:1" } }],
		["initialize", { name: "bad", uri: "bad:1" }],
		["toString", { name: "bad" }],
	];
	for (const [method, params] of requests) {
		ask(method, params);
		expect(behind.latest(method).request.params).toBe(params);
	}
	const unfiltered = open({ tools: { allow: [] } });
	unfiltered.ask("prompts/get", {});
	unfiltered.ask("resources/read", badUri);
	expect(unfiltered.behind.asked).toHaveLength(2);
	expect([...dropped, ...unfiltered.dropped]).toEqual([]);
});

describe("a list", () => {
	test.each([
		["tools/list", "tools", "name"],
		["prompts/list", "prompts", "name"],
		["resources/list", "resources", "uri"],
		["resources/templates/list", "resourceTemplates", "uriTemplate"],
	])("%s has only what is admitted, and all else of the page", (method, member, key) => {
		const { answered } = open({
			tools: { allow: ["good*"] },
			prompts: { allow: ["good*"] },
			resources: { allow: ["good*"] },
		});
		const good = { [key]: "good:{a}", more: [1] };
		const odd = [null, "good:1", ["good:1"], {}, { [key]: 5 }, { title: "a" }];
		const page = {
			[member]: [good, { [key]: "bad:1" }, ...odd],
			nextCursor: "2",
			_meta: { a: 1 },
		};
		const before = structuredClone(page);
		expect(answered(method, page)).toEqual(
			result({ ...page, [member]: [good] }),
		);
		// It may be served again, to who is filtered otherwise.
		expect(page).toEqual(before);
		const empty = { [member]: [{ [key]: "bad:1" }], nextCursor: "2" };
		expect(answered(method, empty)).toEqual(
			result({ [member]: [], nextCursor: "2" }),
		);
		expect(answered(method, { [member]: { good } })).toEqual(
			result({ [member]: [] }),
		);
		expect(answered(method, { other: 1 })).toEqual(result({ other: 1 }));
		for (const none of [null, [good, "bad:1"], "bad:1"]) {
			expect(answered(method, none as unknown as Members)).toEqual(
				result({ [member]: [] }),
			);
		}
	});

	test("that is refused stays refused", () => {
		const { ask, behind } = open(denyAll);
		const messages = ask("tools/list");
		behind.latest("tools/list").error(-32601);
		expect(messages).toEqual([error(-32601, "no")]);
	});

	test("of what has no filter is given on as it is", () => {
		const { answered } = open({ tools: { deny: ["bad"] } });
		const page = { prompts: [null, { name: "bad" }] };
		expect(answered("prompts/list", page)).toMatchObject({ result: page });
	});
});

describe("of a resource that has others in it", () => {
	const read = (uris: string[]) =>
		open({ resources: { allow: ["good:1"], deny: ["bad:*"] } }).answered(
			"resources/read",
			{ contents: uris.map((uri) => ({ uri, text: uri })) },
			{ uri: "good:1" },
		);

	test("those that are denied are left out", () => {
		expect(read(["GOOD:1", "bad:1", "sub:1"])).toMatchObject({
			result: { contents: [{ uri: "GOOD:1" }, { uri: "sub:1" }] },
		});
	});

	test("nothing is left where all are, and that is no empty resource", () => {
		expect(read(["bad:1"])).toMatchObject({ error: { code: -32002 } });
		expect(read([])).toEqual(result({ contents: [] }));
		const nothing = null as unknown as Members;
		const { answered } = open(denyAll);
		expect(
			answered("resources/read", nothing, { uri: "good:1" }),
		).toHaveProperty("result", null);
	});
});

describe("an update", () => {
	test("of a denied resource goes no further, and is counted", () => {
		const { peer, behind, dropped } = open(denyAll);
		const heard = inbox();
		peer.listen(heard);
		behind.say(updated("bad:1"));
		behind.say(updated("good:1"));
		behind.say({ jsonrpc: "2.0", id: 1, method: "roots/list" });
		expect(heard.messages).toMatchObject([
			updated("good:1"),
			{ method: "roots/list" },
		]);
		expect(dropped).toEqual(["update-of-denied-resource"]);
	});

	test("that comes on a subscription of a modern client does neither", () => {
		const { ask, behind, dropped } = open(denyAll, "modern");
		const resourceSubscriptions = ["bad:1", "good:1", 5];
		const notifications = { toolsListChanged: true, resourceSubscriptions };
		const heard = ask("subscriptions/listen", { notifications, _meta: {} });
		const { request, say } = behind.latest("subscriptions/listen");
		expect(request.params).toEqual({
			notifications: { ...notifications, resourceSubscriptions: ["good:1"] },
			_meta: {},
		});
		say(updated("bad:1"));
		say(updated("good:1"));
		expect(heard).toEqual([updated("good:1")]);
		expect(dropped).toEqual([
			"subscription-to-denied-resource",
			"update-of-denied-resource",
		]);
		// What cannot be read as a list cannot be taken for one by the server either.
		ask("subscriptions/listen", {
			notifications: { resourceSubscriptions: "bad:1" },
		});
		expect(behind.latest("subscriptions/listen").request.params).toEqual({
			notifications: { resourceSubscriptions: [] },
		});
	});
});

test("a filter that changes holds at once, for what is open and for what is on its way", () => {
	const { ask, peer, behind, change } = open({});
	const heard = inbox();
	peer.listen(heard);
	const listed = ask("tools/list");
	const listening = ask("subscriptions/listen", {
		notifications: { resourceSubscriptions: ["bad:1"] },
	});
	const read = ask("resources/read", { uri: "good:1" });
	change(denyAll);
	behind.latest("tools/list").result({ tools: [{ name: "bad" }] });
	behind.latest("subscriptions/listen").say(updated("bad:1"));
	behind.latest("resources/read").result({ contents: [badUri] });
	behind.say(updated("bad:1"));
	expect(listed).toEqual([result({ tools: [] })]);
	expect(read).toMatchObject([{ error: { code: -32002 } }]);
	expect([...listening, ...heard.messages]).toEqual([]);
	expect(ask("tools/call", { name: "bad" })).toHaveLength(1);
	change({});
	ask("tools/call", { name: "bad" });
	expect(behind.all("tools/call")).toHaveLength(1);
});

test("a change of filters is told of each list that has another one, and of no other", () => {
	const before = { ...none, tools: { allow: ["a"] }, prompts: { deny: ["a"] } };
	expect(changesBetween(before, structuredClone(before))).toEqual([]);
	expect(
		changesBetween(before, {
			tools: { allow: ["b"] },
			prompts: undefined,
			resources: { allow: [] },
		}),
	).toEqual([
		"notifications/tools/list_changed",
		"notifications/prompts/list_changed",
		"notifications/resources/list_changed",
	]);
});
