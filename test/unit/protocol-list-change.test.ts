import { expect, test } from "vitest";
import { metaKey } from "../../src/protocol/eras/meta.ts";
import { Ledger } from "../../src/protocol/ledger.ts";
import { tellSubscribers } from "../../src/protocol/list-change.ts";
import type { Id, Members } from "../../src/protocol/messages.ts";
import { ParkedSubscriptions } from "../../src/protocol/parked-subscriptions.ts";
import { type Link, linkOf } from "../../src/protocol/recipients.ts";
import { inbox } from "../harness/scripted-peer.ts";

/** What is in flight at a modern child. */
function open() {
	const ledger = new Ledger<Link>();
	const subscriptions = new ParkedSubscriptions<Link>();
	const ask = (id: Id, method: string, params: Members) => {
		const received = inbox();
		const request = { jsonrpc: "2.0", id, method, params } as const;
		ledger.ask(linkOf(), request, received);
		return { request, messages: received.messages };
	};
	return {
		ask,
		subscribe(id: Id, notifications: unknown, acknowledged = true) {
			const { request, messages } = ask(id, "subscriptions/listen", {
				notifications,
			});
			const method = "notifications/subscriptions/acknowledged";
			if (acknowledged) {
				subscriptions.isKnown(request, { jsonrpc: "2.0", method });
			}
			return messages;
		},
		tell: (method: string) =>
			tellSubscribers({ jsonrpc: "2.0", method }, ledger, subscriptions),
	};
}

test.each([
	["notifications/tools/list_changed", "toolsListChanged"],
	["notifications/prompts/list_changed", "promptsListChanged"],
	["notifications/resources/list_changed", "resourcesListChanged"],
])("%s reaches every subscription with %s, under the id of its own, and no other", (method, filter) => {
	const { subscribe, tell } = open();
	const all = {
		toolsListChanged: true,
		promptsListChanged: true,
		resourcesListChanged: true,
	};
	const first = subscribe("s", { [filter]: true });
	const second = subscribe(0, all);
	const others = subscribe(2, { ...all, [filter]: false });
	const nothing = subscribe(3, {});
	tell(method);
	const told = (id: Id) => [
		{
			jsonrpc: "2.0",
			method,
			params: { _meta: { [metaKey.subscriptionId]: id } },
		},
	];
	expect(first).toEqual(told("s"));
	expect(second).toEqual(told(0));
	expect(others).toEqual([]);
	expect(nothing).toEqual([]);
});

test("a subscription that its client does not know to be open hears nothing yet", () => {
	const { subscribe, tell } = open();
	const messages = subscribe(1, { toolsListChanged: true }, false);
	tell("notifications/tools/list_changed");
	expect(messages).toEqual([]);
});

test("a request that is no subscription hears nothing, whatever its params say", () => {
	const { ask, tell } = open();
	const notifications = { toolsListChanged: true };
	const { messages } = ask(1, "tools/call", { notifications });
	tell("notifications/tools/list_changed");
	expect(messages).toEqual([]);
});

test("a filter that cannot be read, and a notification of no list, tell nobody and break nothing", () => {
	const { subscribe, tell } = open();
	const heard = [
		undefined,
		null,
		["toolsListChanged"],
		{ toolsListChanged: 1 },
	].map((notifications, id) => subscribe(id, notifications));
	const fine = subscribe("fine", { toolsListChanged: true });
	tell("notifications/message");
	expect(fine).toEqual([]);
	tell("notifications/tools/list_changed");
	expect(heard.flat()).toEqual([]);
	expect(fine).toHaveLength(1);
});
