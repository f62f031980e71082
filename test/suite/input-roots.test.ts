import { mkdirSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import type { Json } from "../harness/clients.ts";
import { ModernClient } from "../harness/modern-client.ts";
import {
	asAsked,
	call,
	elicit,
	listRoots,
	questionsOf,
} from "../harness/questions.ts";
import { recording } from "../harness/recorded.ts";
import { scratch } from "../harness/scratch.ts";
import {
	type Bridge,
	installed,
	startBridge,
} from "../harness/start-bridge.ts";
import { textOf } from "../harness/status.ts";

/** Servers that ask for the client's roots as soon as they are open, before any call. */

const file = scratch();
const [operators, firsts, seconds] = ["operators", "firsts", "seconds"].map(
	(name) => {
		mkdirSync(file(name));
		writeFileSync(`${file(name)}/note.txt`, `a note of ${name}`);
		return file(name);
	},
) as [string, string, string];

let bridge: Bridge;
beforeAll(async () => {
	const args = ["early-roots"];
	bridge = await startBridge({
		servers: {
			cold: recording("legacy-raw", file("cold"), { args }),
			spare: recording("legacy-raw", file("spare"), { args, warm: 2 }),
			filesystem: installed("mcp-server-filesystem", [operators]),
			rootless: installed("mcp-server-filesystem"),
		},
	});
});

/** All are called the same and can do the same. */
const rooted = (server: string, capabilities: Json = { roots: {} }) =>
	new ModernClient(bridge, server, {
		capabilities,
		clientInfo: { name: "a client", version: "1" },
	});
const rootsOf = (folder: string) => ({
	roots: [{ uri: pathToFileURL(folder).href, name: folder }],
});
/** Calls as a client with that root does; an error result is its text too. */
async function callWith(
	client: ModernClient,
	folder: string,
	tool: string,
	args: Json = {},
) {
	const { result, rounds } = await client.complete(
		"tools/call",
		call(tool, args),
		() => rootsOf(folder),
	);
	return {
		text: textOf({ jsonrpc: "2.0", result }),
		asked: rounds.map(questionsOf),
	};
}

describe.each([
	["has to be started for the call", "cold"],
	["is a spare, started ahead", "spare"],
])("a child that asks for roots at once, and %s,", (_what, server) => {
	test("is given those of each client in turn, before it gets the call", async () => {
		for (const folder of [firsts, seconds, firsts]) {
			const { text, asked } = await callWith(rooted(server), folder, "roots");
			expect(asked).toEqual([[asAsked(listRoots)]]);
			expect(JSON.parse(text)).toEqual(rootsOf(folder).roots);
		}
	});

	test("may ask more during the call", async () => {
		const { result, rounds } = await rooted(server, {
			roots: {},
			elicitation: {},
		}).complete(
			"tools/call",
			call("ask", { rounds: [[elicit("And who?")]] }),
			({ method }) =>
				method === "roots/list" ? rootsOf(firsts) : { action: "decline" },
		);
		expect(rounds.flatMap(questionsOf)).toEqual([
			asAsked(listRoots),
			elicit("And who?"),
		]);
		expect(JSON.parse(textOf({ jsonrpc: "2.0", result }))).toEqual([
			[{ result: { action: "decline" } }],
		]);
	});

	test("gives clients at the same time children of their own", async () => {
		const folders = [firsts, seconds, operators];
		const texts = await Promise.all(
			folders.map(
				async (folder) =>
					(await callWith(rooted(server), folder, "roots")).text,
			),
		);
		expect(texts.map((text) => JSON.parse(text))).toEqual(
			folders.map((folder) => rootsOf(folder).roots),
		);
	});
});

test("a child that asks at once for roots which the client does not have is told so, and the call goes on", async () => {
	const { text, asked } = await callWith(
		rooted("cold", { sampling: {} }),
		firsts,
		"roots",
	);
	expect(asked).toEqual([]);
	expect(text).toBe("null");
});

describe.each([
	["with a folder of the operator's", "filesystem"],
	["without any folder", "rootless"],
])("server-filesystem %s", (_what, server) => {
	const read = (client: ModernClient, roots: string, folder: string) =>
		callWith(client, roots, "read_text_file", { path: `${folder}/note.txt` });

	test("serves a modern client from its roots, and opens nothing of them to the next, though nobody can tell the two apart", async () => {
		const first = await read(rooted(server), firsts, firsts);
		expect(first.text).toBe("a note of firsts");
		expect(first.asked).toEqual([[asAsked(listRoots)]]);
		const other = rooted(server);
		expect((await read(other, seconds, firsts)).text).toContain(
			"Access denied",
		);
		expect((await read(other, seconds, seconds)).text).toBe(
			"a note of seconds",
		);
	});
});

test("server-filesystem serves a client without roots from the operator's folder only", async () => {
	const plain = new ModernClient(bridge, "filesystem");
	const read = (folder: string) =>
		plain.text("read_text_file", { path: `${folder}/note.txt` });
	await callWith(rooted("filesystem"), firsts, "list_allowed_directories");
	expect(await read(operators)).toBe("a note of operators");
	expect(await read(firsts)).toContain("Access denied");
});
