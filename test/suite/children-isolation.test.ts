import { readdirSync } from "node:fs";
import path from "node:path";
import { beforeAll, expect, test } from "vitest";
import { connect, type Json, transports } from "../harness/clients.ts";
import { eventually, isRunning, waitUntilGone } from "../harness/processes.ts";
import { type Message, post, RawClient } from "../harness/raw-http.ts";
import { linesOf, scratch } from "../harness/scratch.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import { serverStatus } from "../harness/status.ts";

/** Who shares a child with whom, and as whom a child is opened. */

const file = scratch();
const record = (name: string, more = {}) =>
	fixture("recorder", [], {
		env: { RECORD_FILE: file(`${name}-%p`) },
		...more,
	});
interface Recorder {
	pid: number;
	initialize: Json | undefined;
	text: string;
}
const recordersOf = (name: string): Recorder[] =>
	readdirSync(path.dirname(file(name)))
		.filter((entry) => entry.startsWith(`${name}-`))
		.map((entry) => {
			const lines = linesOf(file(entry));
			const messages: Message[] = lines.map((line) => JSON.parse(line));
			return {
				pid: Number(entry.slice(name.length + 1)),
				initialize: messages[0]?.params,
				text: lines.join("\n"),
			};
		});
/** The process that a client's calls came to. */
async function processOf(
	client: RawClient,
	name: string,
	who: string,
): Promise<Recorder> {
	await client.text(`who ${who}`, "echo", { who });
	const found = recordersOf(name).filter(({ text }) =>
		text.includes(`"${who}"`),
	);
	expect(found).toHaveLength(1);
	return found[0] as Recorder;
}

let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({
		servers: {
			session: record("session", { isolation: "session" }),
			auto: record("auto"),
			shared: record("shared", { isolation: "shared" }),
		},
	});
});

test.each(
	transports,
)("isolation 'session': each session has a child of its own, which ends with it, over %s", async (transport) => {
	const [first, second] = await Promise.all(
		["first", "second"].map(async (who) => {
			const client = await RawClient.connect(bridge, "session", transport);
			const name = `${who} ${transport}`;
			return { client, child: await processOf(client, "session", name) };
		}),
	);
	if (!first || !second) throw new Error("unreachable");
	expect(first.child.pid).not.toBe(second.child.pid);
	expect((await serverStatus(bridge, "session")).own).toHaveLength(2);

	if (transport === "sse") first.client.close();
	else
		await fetch(first.client.endpoint, {
			method: "DELETE",
			headers: first.client.headers,
		});
	await waitUntilGone([first.child.pid]);
	expect(isRunning(second.child.pid)).toBe(true);
	expect(await second.client.text("still", "echo", { a: 1 })).toBe('{"a":1}');

	if (transport === "sse") second.client.close();
	else
		await fetch(second.client.endpoint, {
			method: "DELETE",
			headers: second.client.headers,
		});
	await waitUntilGone([second.child.pid]);
	await eventually(
		async () => (await serverStatus(bridge, "session")).own.length === 0,
		"/status still has the children of sessions that are over",
	);
});

test("isolation 'session': a request without a session is a 400 that says what to do, and starts nothing", async () => {
	const { spawned } = await serverStatus(bridge, "session");
	const response = await post(`${bridge.url}/servers/session/mcp`, {
		jsonrpc: "2.0",
		id: 5,
		method: "tools/list",
	});
	expect(response.status).toBe(400);
	const { id, error } = await response.json();
	expect(id).toBe(5);
	expect(error.message).toMatch(/Mcp-Session-Id.*initialize/);
	expect((await serverStatus(bridge, "session")).spawned).toBe(spawned);
});

const asking: [string, Json][] = [
	["sampling", { sampling: { tools: {} } }],
	["elicitation", { elicitation: { form: {}, url: {} } }],
	["roots", { roots: { listChanged: true }, experimental: { "a/b": [1] } }],
];

test.each(
	asking,
)("isolation 'auto': a client that declares %s has a child of its own, opened as that very client", async (what, capabilities) => {
	for (const transport of transports) {
		const plain = await RawClient.connect(bridge, "auto", transport);
		const own = await RawClient.connect(bridge, "auto", transport, {
			capabilities,
		});
		const ofPlain = await processOf(
			plain,
			"auto",
			`plain ${what} ${transport}`,
		);
		const ofOwn = await processOf(own, "auto", `own ${what} ${transport}`);
		expect(ofOwn.pid).not.toBe(ofPlain.pid);
		expect(ofOwn.initialize).toEqual({
			protocolVersion: "2025-11-25",
			capabilities,
			clientInfo: { name: "raw", version: "0.0.1" },
		});
		expect(ofPlain.initialize?.capabilities).toEqual({});
		plain.close();
		if (transport === "sse") own.close();
		else await fetch(own.endpoint, { method: "DELETE", headers: own.headers });
		await waitUntilGone([ofOwn.pid]);
		expect(isRunning(ofPlain.pid)).toBe(true);
	}
});

test("isolation 'auto': clients that declare nothing share one child", async () => {
	const pids = new Set<number>();
	for (const transport of transports)
		for (const capabilities of [{}, { experimental: {} }, { extensions: {} }]) {
			const client = await RawClient.connect(bridge, "auto", transport, {
				capabilities,
			});
			const who = `${transport} ${JSON.stringify(Object.keys(capabilities))}`;
			// Quotes are escaped on their way.
			const child = await processOf(client, "auto", who.replace(/\W+/g, " "));
			pids.add(child.pid);
			client.close();
		}
	expect(pids.size).toBe(1);
});

test("isolation 'auto': the SDK's client with roots is its child's only client, and one without is not", async () => {
	const before = await serverStatus(bridge, "auto");
	const client = await connect(bridge, "auto", {
		capabilities: { roots: {} },
		clientInfo: { name: "an SDK", version: "9.9.9" },
	});
	await client.call("echo", { who: "an SDK's call" });
	const [child] = recordersOf("auto").filter(({ text }) =>
		text.includes("an SDK's call"),
	);
	expect(child?.initialize).toMatchObject({
		capabilities: { roots: {} },
		clientInfo: { name: "an SDK", version: "9.9.9" },
	});
	expect((await serverStatus(bridge, "auto")).spawned).toBe(before.spawned + 1);
	await client.close();
});

test("isolation 'shared': everybody is on one child, which is offered no capabilities", async () => {
	const pids = new Set<number>();
	for (const transport of transports)
		for (const [what, capabilities] of [...asking, ["nothing", {}] as const]) {
			const client = await RawClient.connect(bridge, "shared", transport, {
				capabilities,
			});
			const child = await processOf(client, "shared", `${what} ${transport}`);
			pids.add(child.pid);
			expect(child.initialize?.capabilities).toEqual({});
			expect(child.initialize?.clientInfo).toMatchObject({
				name: "mcp-edge-bridge",
			});
			client.close();
		}
	expect(pids.size).toBe(1);
	expect(await serverStatus(bridge, "shared")).toMatchObject({
		spawned: 1,
		own: [],
	});
});
