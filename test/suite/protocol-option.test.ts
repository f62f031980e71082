import { beforeAll, describe, expect, test } from "vitest";
import { connect, dialects, type Json } from "../harness/clients.ts";
import { ModernClient } from "../harness/modern-client.ts";
import { waitUntilGone } from "../harness/processes.ts";
import { asAsked, call, listRoots } from "../harness/questions.ts";
import { type Message, RawClient } from "../harness/raw-http.ts";
import { recorded, recording } from "../harness/recorded.ts";
import { scratch } from "../harness/scratch.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import {
	callOnce,
	getJson,
	killChild,
	serverStatus,
	textOf,
} from "../harness/status.ts";

/** The option `protocol`: what a child is spoken to in. */

const file = scratch();

const protocol = (of: string, more: Json = {}) => ({ protocol: of, ...more });
const envelope = "io.modelcontextprotocol/protocolVersion";
/** name → the program, and the options of its entry. Each records what it gets in a file of its name. */
const entries: Record<string, [Parameters<typeof recording>[0], Json]> = {
	"auto-modern": ["modern-raw", {}],
	"auto-legacy-client": ["modern-raw", {}],
	"auto-many": ["modern-raw", {}],
	"auto-legacy": ["legacy-raw", {}],
	"was-modern": ["modern-raw", {}],
	"was-legacy": ["legacy-raw", {}],
	modern: ["modern-raw", protocol("modern")],
	"modern-wrong": ["legacy-raw", protocol("modern")],
	legacy: ["legacy-raw", protocol("legacy")],
	"legacy-wrong": ["modern-raw", protocol("legacy")],
	dual: ["dual-raw", protocol("dual")],
	"dual-warm": ["dual-raw", protocol("dual", { warm: 1 })],
	"dual-asked": ["dual-raw", protocol("dual")],
};
const servers = Object.fromEntries(
	Object.entries(entries).map(([name, [program, options]]) => [
		name,
		recording(program, file(name), options),
	]),
);

servers["unknown-revision"] = fixture("faulty", [
	...["answer-revision", "2099-01-01"],
]);

let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({ servers });
});

const modern = (server: string, capabilities: Json = {}) =>
	new ModernClient(bridge, server, { capabilities });
const modernText = (server: string, tool: string) => modern(server).text(tool);
const legacyText = async (server: string, tool: string) =>
	textOf(await callOnce(bridge, server, tool));
/** The processes of a server, oldest first, and what each got. */
function processesOf(server: string) {
	const all = recorded(file(server));
	return [...new Set(all.map(({ pid }) => pid))].map((pid) => ({
		pid,
		methods: all
			.filter((one) => one.pid === pid)
			.map(({ message }) => message.method),
	}));
}
const healthOf = (server: string) =>
	fetch(`${bridge.url}/servers/${server}/health`);

describe("protocol 'auto'", () => {
	test.each<
		[
			who: string,
			server: string,
			ask: (server: string, tool: string) => Promise<string>,
		]
	>([
		["a modern client", "auto-modern", modernText],
		["a legacy client", "auto-legacy-client", legacyText],
	])("opens a child that refuses initialize again, in another process: %s is served by that", async (_who, server, ask) => {
		const pid = Number(await ask(server, "pid"));
		const [refused, served, ...more] = processesOf(server);
		expect(more).toEqual([]);
		expect(refused?.methods).toEqual(["initialize"]);
		expect(served?.pid).toBe(pid);
		expect(served?.pid).not.toBe(refused?.pid);
		expect(served?.methods[0]).toBe("server/discover");
		expect(served?.methods).not.toContain("initialize");
		expect(await serverStatus(bridge, server)).toMatchObject({
			era: "modern",
			spawned: 2,
		});

		// And remembers that: the next one is not asked to initialize.
		await killChild(bridge, server, pid);
		expect(Number(await ask(server, "pid"))).not.toBe(pid);
		const [, , next, ...others] = processesOf(server);
		expect(others).toEqual([]);
		expect(next?.methods[0]).toBe("server/discover");
	});

	test("serves many clients of both eras that come before anything is known", async () => {
		const server = "auto-many";
		const texts = await Promise.all([
			...dialects.map(async (dialect) => {
				const client = await connect(bridge, server, dialect);
				const text = await client.text("pid");
				await client.close();
				return text;
			}),
			...[1, 2, 3].map(() => modernText(server, "pid")),
			legacyText(server, "pid"),
		]);
		expect(new Set(texts).size).toBe(1);
		expect(processesOf(server)).toHaveLength(2);
	});

	test("sends nothing modern to a legacy child", async () => {
		const server = "auto-legacy";
		await modern(server).result("server/discover");
		const pid = await modernText(server, "pid");
		expect(await legacyText(server, "pid")).toBe(pid);
		const [only, ...more] = processesOf(server);
		expect(more).toEqual([]);
		expect(only?.methods[0]).toBe("initialize");
		expect(only?.methods).not.toContain("server/discover");
		expect(await serverStatus(bridge, server)).toMatchObject({
			era: "legacy",
			spawned: 1,
		});
	});

	test.each([
		["modern", "was-modern", "legacy-raw", "legacy"],
		["legacy", "was-legacy", "modern-raw", "modern"],
	] as const)("finds out anew when the entry of a %s server is edited, and its sessions go on", async (_was, server, program, era) => {
		expect(await modernText(server, "pid")).toMatch(/^\d+$/);
		const session = await RawClient.connect(bridge, server, "streamable");
		const old = await session.text(1, "pid");
		servers[server] = recording(program, file(`${server} edited`));
		bridge.editConfig({ servers });
		await waitUntilGone([Number(old)]);
		const pid = await modernText(server, "pid");
		expect(await legacyText(server, "pid")).toBe(pid);
		expect(await session.text(2, "pid")).toBe(pid);
		// It is asked nothing that its era does not know.
		const requests = recorded(file(`${server} edited`)).filter(
			({ message: { id, method } }) =>
				id !== undefined && method !== "initialize",
		);
		expect(requests.length).toBeGreaterThan(0);
		for (const { message } of requests) {
			if (era === "modern") expect(JSON.stringify(message)).toContain(envelope);
			else
				expect(["server/discover", "subscriptions/listen"]).not.toContain(
					message.method,
				);
		}
		expect(await serverStatus(bridge, server)).toMatchObject({ era });
		session.close();
	});
});

describe("protocol 'modern'", () => {
	test("says no initialize, and starts one process", async () => {
		const pid = await modernText("modern", "pid");
		expect(await legacyText("modern", "pid")).toBe(pid);
		const [only, ...more] = processesOf("modern");
		expect(more).toEqual([]);
		expect(only?.methods).not.toContain("initialize");
	});

	test("with a legacy child is a failure that health tells of", async () => {
		const { response } = await modern("modern-wrong").request("tools/list");
		expect(response.error?.message).toContain("server/discover");
		expect((await healthOf("modern-wrong")).status).toBe(503);
	});
});

describe("protocol 'legacy'", () => {
	test("with a child that speaks only modern is REVISION_NOT_SERVED, in answers and in health, and no second try", async () => {
		const server = "legacy-wrong";
		const code = "REVISION_NOT_SERVED";
		const { response } = await modern(server).request("tools/list");
		expect(response.error).toMatchObject({
			message: expect.stringContaining('"auto" or "modern"'),
			data: { code },
		});
		const { error } = await callOnce(bridge, server, "pid");
		expect(error).toMatchObject({ data: { code } });
		const health = await healthOf(server);
		expect(health.status).toBe(503);
		expect(await health.json()).toMatchObject({
			code,
			reason: expect.stringContaining("without a handshake"),
		});
		const { failed } = await getJson(bridge, "/health/ready");
		expect(failed).toContainEqual(
			expect.objectContaining({ name: server, code }),
		);
		for (const { methods } of processesOf(server))
			expect(methods).toEqual(["initialize"]);
	});

	test("with a child that answers in a revision that nobody knows is REVISION_NOT_SERVED", async () => {
		const { error } = await callOnce(bridge, "unknown-revision", "pid");
		expect(error).toMatchObject({
			message: expect.stringContaining("2099-01-01"),
			data: { code: "REVISION_NOT_SERVED" },
		});
		expect((await healthOf("unknown-revision")).status).toBe(503);
	});

	test("is what a legacy child is content with", async () => {
		expect(await modernText("legacy", "pid")).toBe(
			await legacyText("legacy", "pid"),
		);
	});
});

describe("protocol 'dual'", () => {
	const subscribe = "resources/subscribe";
	const listen = "subscriptions/listen";
	const isUpdate = ({ method }: Message) =>
		method === "notifications/resources/updated";

	test("gives each client a child that speaks as it does, and translates nothing", async () => {
		const client = modern("dual");
		const session = await RawClient.connect(bridge, "dual", "sse");
		const legacyPid = Number(await session.text(1, "pid"));
		const modernPid = Number(await client.text("pid"));
		expect(legacyPid).not.toBe(modernPid);
		const uri = "file:///a";
		const params = { uri };
		await session.request({ jsonrpc: "2.0", id: 2, method: subscribe, params });
		const stream = await client.listen({ resourceSubscriptions: [uri] });

		const methodsOf = (pid: number) =>
			processesOf("dual").find((one) => one.pid === pid)?.methods ?? [];
		expect(methodsOf(legacyPid)).toContain(subscribe);
		expect(methodsOf(legacyPid)[0]).toBe("initialize");
		for (const method of ["server/discover", listen])
			expect(methodsOf(legacyPid)).not.toContain(method);
		expect(methodsOf(modernPid)).toContain(listen);
		expect(methodsOf(modernPid)[0]).toBe("server/discover");
		for (const method of ["initialize", "ping", subscribe])
			expect(methodsOf(modernPid)).not.toContain(method);

		// Each client hears of what its own child says.
		await session.text(3, "touch", { uri });
		await session.waitFor(isUpdate);
		expect(stream.messages).toHaveLength(1);
		await client.text("touch", { uri });
		await stream.message(isUpdate);
		stream.close();
		session.close();
	});

	test("has both children in /status, and one outlives the other", async () => {
		const server = "dual-warm";
		const legacyPid = Number(await legacyText(server, "pid"));
		const modernPid = Number(await modernText(server, "pid"));
		expect(await serverStatus(bridge, server)).toMatchObject({
			protocol: "dual",
			shared: { pid: legacyPid },
			sharedModern: { pid: modernPid },
			spawned: 2,
		});
		await killChild(bridge, server, modernPid);
		expect(Number(await modernText(server, "pid"))).not.toBe(modernPid);
		expect(Number(await legacyText(server, "pid"))).toBe(legacyPid);
	});

	test("gives a modern client that can be asked the modern child, and a legacy one a legacy child of its own", async () => {
		const server = "dual-asked";
		const capabilities = { roots: {} };
		const able = modern(server, capabilities);
		expect(await able.text("pid")).toBe(await modernText(server, "pid"));
		const { result, rounds } = await able.complete(
			"tools/call",
			call("ask", { rounds: [{ q: listRoots }], states: ["raw"] }),
			() => ({ roots: [] }),
		);
		// Its own state, and not one of the bridge's.
		expect(rounds).toMatchObject([
			{ requestState: "raw", inputRequests: { q: asAsked(listRoots) } },
		]);
		expect(result.resultType).toBe("complete");

		const session = await RawClient.connect(bridge, server, "streamable", {
			capabilities,
		});
		const own = Number(await session.text(1, "pid"));
		expect(String(own)).not.toBe(await legacyText(server, "pid"));
		expect(processesOf(server).find(({ pid }) => pid === own)?.methods[0]).toBe(
			"initialize",
		);
		session.close();
	});
});
