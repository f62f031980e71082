import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import type { Members, Message } from "../../src/protocol/messages.ts";
import { metaKey } from "../../src/protocol/meta.ts";
import {
	gone,
	initializeResult,
	listTools,
	start,
	tool,
} from "../harness/multiplexer-set-up.ts";

const listChanged = "notifications/tools/list_changed";
const _progressOf = (messages: readonly Message[] | undefined) =>
	(messages ?? []).flatMap((message) =>
		"method" in message ? [message.params?.progress] : [],
	);

describe("while there is no child, the last one's answer is given", () => {
	test("to initialize, and the next child is asked for", () => {
		const bench = start();
		bench.multiplexer.down(gone);
		bench.calls.need = 0;
		const client = bench.client();
		client.ask("i", "initialize", { protocolVersion: "2025-11-25" });
		expect(client.received.get("i")).toEqual([
			{ jsonrpc: "2.0", id: "i", result: initializeResult },
		]);
		expect(bench.calls.need).toBe(1);
		bench.up();
		expect(bench.sent()).toEqual([]);
	});

	test("to server/discover, where it was modern", () => {
		const bench = start({ ready: false });
		bench.up({ era: "modern", result: { supportedVersions: [] } });
		bench.multiplexer.down(gone);
		const client = bench.client();
		client.ask(1, "server/discover");
		expect(client.answerTo(1)).toMatchObject({
			result: { supportedVersions: [] },
		});
	});

	test("to a list, to every client, and the next child is asked for", () => {
		const bench = start();
		listTools(bench, tool("a"));
		bench.multiplexer.down(gone);
		bench.calls.need = 0;
		const client = bench.client();
		client.ask(7, "tools/list", { _meta: { progressToken: 7 } });
		expect(client.received.get(7)).toEqual([
			{ jsonrpc: "2.0", id: 7, result: tool("a") },
		]);
		expect(bench.calls.need).toBe(1);
		bench.up();
		expect(bench.sent()).toEqual([]);
	});

	test("to a list of several pages only where all of them are known", () => {
		const bench = start();
		const client = listTools(bench, { ...tool("a"), nextCursor: "2" });
		bench.multiplexer.down(gone);
		client.ask(1, "tools/list");
		expect(client.received.get(1)).toEqual([]);
		bench.up();
		bench.replyTo("tools/list", { ...tool("a"), nextCursor: "2" });
		client.ask(2, "tools/list", { cursor: "2" });
		bench.replyTo("tools/list", tool("b"));
		bench.multiplexer.down(gone);
		client.ask(3, "tools/list", { cursor: "2" });
		expect(client.answerTo(3)).toMatchObject({ result: tool("b") });
	});

	test("to nothing else: a call, and a list that nobody has had, wait", () => {
		const bench = start();
		const client = listTools(bench, tool("a"));
		bench.multiplexer.down(gone);
		client.ask(1, "tools/call", { name: "a" });
		client.ask(2, "prompts/list");
		expect(client.received.get(1)).toEqual([]);
		expect(client.received.get(2)).toEqual([]);
		bench.up();
		expect(bench.methods()).toEqual(["tools/call", "prompts/list"]);
	});

	test("not to a list that has changed since", () => {
		const bench = start();
		const client = listTools(bench, tool("a"));
		bench.notify(listChanged);
		bench.multiplexer.down(gone);
		client.ask(1, "tools/list");
		expect(client.received.get(1)).toEqual([]);
	});

	test("also where there was no room for the next one, which says nothing of the program", () => {
		const bench = start();
		const client = listTools(bench, tool("a"));
		bench.multiplexer.down(gone);
		bench.multiplexer.refuse(gone);
		client.ask(1, "tools/list");
		expect(client.answerTo(1)).toMatchObject({ result: tool("a") });
	});

	test("not where another program may come up: all wait for the next one", () => {
		const bench = start();
		const client = listTools(bench, tool("a"));
		bench.multiplexer.down(gone);
		bench.multiplexer.distrust();
		client.ask(1, "initialize");
		client.ask(2, "tools/list");
		expect(client.received.get(1)).toEqual([]);
		expect(client.received.get(2)).toEqual([]);
		bench.up({ result: { of: "next" } });
		expect(client.answerTo(1)).toMatchObject({ result: { of: "next" } });
		expect(bench.methods()).toEqual(["tools/list"]);
	});

	test("not with a list of another program, also where the next one has come and gone", () => {
		const bench = start();
		const client = listTools(bench, tool("a"));
		bench.multiplexer.down(gone);
		bench.multiplexer.distrust();
		bench.up();
		bench.multiplexer.down(gone);
		client.ask(1, "tools/list");
		expect(client.received.get(1)).toEqual([]);
	});

	test("not where the program was replaced while its child still lived", () => {
		const bench = start();
		const client = listTools(bench, tool("a"));
		bench.multiplexer.distrust();
		bench.multiplexer.down(gone);
		client.ask(1, "initialize");
		client.ask(2, "tools/list");
		expect(client.received.get(1)).toEqual([]);
		expect(client.received.get(2)).toEqual([]);
	});
});

test("while there is a child a list is its own to answer", () => {
	const bench = start();
	const client = listTools(bench, tool("a"));
	client.ask(1, "tools/list");
	expect(client.received.get(1)).toEqual([]);
	bench.replyTo("tools/list", tool("b"));
	expect(client.answerTo(1)).toMatchObject({ result: tool("b") });
});

describe("after a new child is up the lists are compared", () => {
	/** Two clients, one of which has had the tools of a child that is gone; a new one is up. */
	function replaced() {
		const bench = start();
		const a = listTools(bench, tool("a"));
		const b = bench.client();
		bench.multiplexer.down(gone);
		bench.up();
		bench.multiplexer.checkLists();
		return { bench, a, b };
	}

	test("by requests of the bridge's own, for what clients have had", () => {
		const { bench, a } = replaced();
		expect(bench.sent()).toMatchObject([{ method: "tools/list" }]);
		expect(a.received.get("tools")).toHaveLength(1);
	});

	test("and list_changed reaches every client where they differ", () => {
		const { bench, a, b } = replaced();
		bench.replyTo("tools/list", tool("b"));
		for (const { heard } of [a, b]) {
			expect(heard).toEqual([{ jsonrpc: "2.0", method: listChanged }]);
		}
		expect(bench.changed).toEqual([listChanged]);
	});

	test("and nobody hears of it where they are the same", () => {
		const { bench, a, b } = replaced();
		bench.replyTo("tools/list", tool("a"));
		expect([...a.heard, ...b.heard]).toEqual([]);
		expect(bench.changed).toEqual([]);
	});

	test("and what the new child has is what is given when it is gone", () => {
		const { bench, b } = replaced();
		bench.replyTo("tools/list", tool("b"));
		bench.multiplexer.down(gone);
		b.ask(1, "tools/list");
		expect(b.answerTo(1)).toMatchObject({ result: tool("b") });
	});

	test("and a list that the new child does not have is not given any more", () => {
		const { bench, a, b } = replaced();
		bench.refuseTo("tools/list", ErrorCode.methodNotFound);
		expect(a.heard).toEqual([{ jsonrpc: "2.0", method: listChanged }]);
		bench.multiplexer.down(gone);
		b.ask(1, "tools/list");
		expect(b.received.get(1)).toEqual([]);
	});

	test("and a child that dies before it answers says nothing: its follower is compared instead", () => {
		const { bench, a } = replaced();
		bench.multiplexer.down(gone);
		expect(bench.multiplexer.busy).toBe(false);
		expect(a.heard).toEqual([]);
		bench.up();
		expect(bench.sent()).toEqual([]);
		bench.multiplexer.checkLists();
		bench.replyTo("tools/list", tool("b"));
		expect(a.heard).toHaveLength(1);
	});

	test("also where another program may have come up", () => {
		const bench = start();
		const client = listTools(bench, tool("a"));
		bench.multiplexer.distrust();
		bench.multiplexer.down(gone);
		bench.up();
		bench.multiplexer.checkLists();
		bench.replyTo("tools/list", tool("b"));
		expect(client.heard).toEqual([{ jsonrpc: "2.0", method: listChanged }]);
	});

	test("and not asked for where nobody has had any", () => {
		const bench = start();
		bench.client();
		bench.multiplexer.checkLists();
		expect(bench.sent()).toEqual([]);
	});

	test("and on a modern child those who have subscribed hear of a difference, and only they", () => {
		const bench = start({ ready: false });
		bench.up({ era: "modern" });
		const client = bench.client();
		const subscribe = (id: string, notifications: Members) => {
			client.ask(id, "subscriptions/listen", { notifications });
			bench.acknowledge(bench.sent().length - 1);
		};
		subscribe("s", { toolsListChanged: true });
		subscribe("p", { promptsListChanged: true });
		client.ask(1, "tools/list");
		bench.replyTo("tools/list", { ...tool("a"), cacheScope: "public" });
		bench.multiplexer.down(gone);
		bench.up({ era: "modern" });
		bench.multiplexer.checkLists();
		bench.replyTo("tools/list", { ...tool("b"), cacheScope: "public" });
		expect(client.received.get("s")?.slice(1)).toEqual([
			{
				jsonrpc: "2.0",
				method: listChanged,
				params: { _meta: { [metaKey.subscriptionId]: "s" } },
			},
		]);
		expect(client.received.get("p")).toHaveLength(1);
		expect(client.heard).toEqual([]);
	});
});

describe("that a list has changed for the clients is told", () => {
	const method = "notifications/tools/list_changed";
	const wanted = { notifications: { toolsListChanged: true } };

	test("to every client of a legacy child, there or not", () => {
		const bench = start();
		const clients = [bench.client(), bench.client()];
		bench.multiplexer.announce(method);
		bench.multiplexer.down(gone);
		bench.multiplexer.announce(method);
		for (const { heard } of clients) {
			expect(heard).toMatchObject([{ method }, { method }]);
		}
		expect(bench.changed).toEqual([method, method]);
	});

	test("once to who is subscribed, also while there is no child", () => {
		const bench = start({ ready: false });
		bench.up({ era: "modern" });
		const client = bench.client();
		client.ask("s", "subscriptions/listen", wanted);
		bench.acknowledge(0);
		const told = () =>
			client.received.get("s")?.filter((each) => "method" in each).length;
		const before = told() ?? 0;
		bench.multiplexer.announce(method);
		expect(told()).toBe(before + 1);
		bench.multiplexer.down(gone);
		bench.multiplexer.announce(method);
		expect(told()).toBe(before + 2);
		expect(client.heard).toEqual([]);
	});
});
