import { beforeAll, describe, expect, test } from "vitest";
import { callMessage } from "../harness/call-message.ts";
import { HeldServer } from "../harness/held-server.ts";
import { metric } from "../harness/metrics.ts";
import { ModernClient } from "../harness/modern-client.ts";
import { eventually } from "../harness/processes.ts";
import { RawClient } from "../harness/raw-http.ts";
import { linesOf, scratch } from "../harness/scratch.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import { callOnce, serverStatus, sharedPid } from "../harness/status.ts";

/** A child that dies is replaced under its clients, and no request is lost, or made twice that must not be. */

const file = scratch();
const transports = ["sse", "streamable"] as const;
let entries = 0;

/** A server whose first calls of any tool end it, and the calls that were made of each tool in all its processes. */
function dying(times: number) {
	const at = file(`dying ${++entries}`);
	const entry = fixture("faulty", ["die-on-call", "die-times", `${times}`], {
		env: { STATE_FILE: `${at} deaths`, CALLS_FILE: `${at} calls` },
	});
	const made = (name: string) =>
		linesOf(`${at} calls`).filter((line) => line.split(" ")[1] === name);
	return { entry, made, calls: (name: string) => made(name).length };
}

describe("a call whose child dies while it has it", () => {
	const tools = ["read", "idempotent", "write"];
	const once = Object.fromEntries(
		[...transports, "modern"].flatMap((dialect) =>
			tools.map((name) => [`${dialect}-${name}`, dying(1)]),
		),
	);
	const twice = dying(2);
	const unlisted = dying(1);
	let bridge: Bridge;
	beforeAll(async () => {
		const servers = Object.entries({ ...once, twice, unlisted }).map(
			([name, { entry }]) => [name, entry] as const,
		);
		bridge = await startBridge({ servers: Object.fromEntries(servers) });
	});

	/** The answer to one call of a client that has seen the list of tools. */
	const answerOf = async (dialect: string, server: string, name: string) => {
		if (dialect === "modern") {
			const client = new ModernClient(bridge, server);
			await client.result("tools/list");
			return (await client.request("tools/call", { name, arguments: {} }))
				.response;
		}
		const client = await RawClient.connect(
			bridge,
			server,
			dialect as (typeof transports)[number],
		);
		await client.request({ jsonrpc: "2.0", id: "list", method: "tools/list" });
		const answer = await client.request(callMessage("call", name));
		client.close();
		return answer;
	};

	test.each([
		...transports,
		"modern",
	])("is made again where its tool only reads, or says that it may be, over %s", async (dialect) => {
		for (const name of ["read", "idempotent"]) {
			const server = `${dialect}-${name}`;
			const { result, error } = await answerOf(dialect, server, name);
			expect([name, error]).toEqual([name, undefined]);
			expect(result).toHaveProperty("content");
			expect([name, once[server]?.calls(name)]).toEqual([name, 2]);
			expect(await metric(bridge, "requests_retried_total", { server })).toBe(
				1,
			);
		}
	});

	test.each([
		...transports,
		"modern",
	])("is not made again where its tool says nothing of the kind, over %s", async (dialect) => {
		const server = `${dialect}-write`;
		const { error } = await answerOf(dialect, server, "write");
		expect(error?.data).toMatchObject({ code: "CHILD_EXITED", exitCode: 3 });
		expect(await callOnce(bridge, server, "pid")).toHaveProperty("result");
		expect(once[server]?.calls("write")).toBe(1);
	});

	test("is made again once, and not for ever", async () => {
		const { error } = await answerOf("streamable", "twice", "read");
		expect(error?.data).toMatchObject({ code: "CHILD_EXITED" });
		expect(twice.calls("read")).toBe(2);
	});

	test("is not made again where nobody has seen what its tool says", async () => {
		const { error } = await callOnce(bridge, "unlisted", "read");
		expect(error?.data).toMatchObject({ code: "CHILD_EXITED" });
		expect(unlisted.calls("read")).toBe(1);
	});
});

test("a call that waits for its turn when the child is killed gets the next one", async () => {
	const server = new HeldServer(file("turns"), { concurrency: 1 });
	server.hold();
	const bridge = await startBridge({ servers: { turns: server.entry } });
	const names = ["first", "second", "third", "fourth"];
	const calls = names.map((message) =>
		callOnce(bridge, "turns", "echo", { message }),
	);
	await server.got("first");
	await eventually(
		async () => (await serverStatus(bridge, "turns")).shared?.waiting === 3,
		"the others do not wait",
	);
	process.kill((await sharedPid(bridge, "turns")) as number, "SIGKILL");
	server.letGo();
	const [first, ...others] = await Promise.all(calls);
	expect(first?.error?.data).toMatchObject({ signal: "SIGKILL" });
	for (const { error } of others) expect(error).toBeUndefined();
	expect(server.calls("echo")).toHaveLength(names.length);
	await bridge.stop();
});

test("of the calls that wait for a child to read them, those that it reads before it dies are not made again, and the rest goes to the next one", async () => {
	const deadly = dying(1);
	const bridge = await startBridge({ servers: { deadly: deadly.entry } });
	const client = await RawClient.connect(bridge, "deadly", "sse");
	await client.request(callMessage("first", "pid"));
	const pid = (await sharedPid(bridge, "deadly")) as number;
	process.kill(pid, "SIGSTOP");
	// More than a pipe holds. The child lives through some of them and dies of the first "write".
	const filler = "x".repeat(20_000);
	const ids = Array.from({ length: 40 }, (_, index) => `${index}`);
	const toolOf = (id: string) => (Number(id) < 14 ? "pid" : "write");
	for (const id of ids) {
		await client.send(callMessage(id, toolOf(id), { id, filler }));
	}
	process.kill(pid, "SIGCONT");
	const answers = await Promise.all(ids.map((id) => client.answer(id)));
	const made = deadly
		.made("write")
		.map((line) => JSON.parse(line.split(" write ")[1] ?? "").id);
	expect(new Set(made).size).toBe(made.length);
	const answered = answers.filter(({ result }) => result).map(({ id }) => id);
	const failed = answers.filter(({ error }) => error);
	expect(failed.map(({ id }) => id)).toContain("14");
	for (const { error } of failed) {
		expect(error?.data).toMatchObject({ code: "CHILD_EXITED" });
	}
	const writes = answered.filter((id) => toolOf(String(id)) === "write");
	expect(writes.length).toBeGreaterThan(0);
	expect(made).toEqual(expect.arrayContaining(writes));
	client.close();
	await bridge.stop();
});

describe("children killed at every moment, under load", () => {
	/** Each time a little later in the life of the child; more in a row and the next one would be waited for. */
	const moments = [0, 1, 2, 4, 8];
	const delays = ["0", "20", "200"];
	const calls = (server: string) => file(`calls of ${server}`);
	let bridge: Bridge;
	beforeAll(async () => {
		const servers = delays.map((delay) => [
			`start-${delay}`,
			fixture("faulty", ["slow-start", delay], {
				env: { CALLS_FILE: calls(`start-${delay}`) },
			}),
		]);
		bridge = await startBridge({ servers: Object.fromEntries(servers) });
	});

	/** Asks one thing after the other until it is over; gives the ids. */
	const keepAsking = async (
		client: RawClient,
		number: number,
		isOver: () => boolean,
	): Promise<string[]> => {
		const ids: string[] = [];
		for (let turn = 0; !isOver(); turn++) {
			const name = turn % 2 === 0 ? "write" : "read";
			const id = `${name} ${number} ${turn}`;
			ids.push(id);
			await client.send(callMessage(id, name, { id }));
			const { error } = await client.answer(id);
			if (error) expect(error.data).toMatchObject({ code: "CHILD_EXITED" });
		}
		return ids;
	};

	const killAt = async (server: string, later: number): Promise<void> => {
		const pid = await eventually(
			async () => sharedPid(bridge, server),
			"no child comes",
		);
		for (let asked = 0; asked < later; asked++) {
			await fetch(`${bridge.url}/health/live`);
		}
		try {
			process.kill(pid, "SIGKILL");
		} catch {
			return;
		}
		await eventually(
			async () => (await sharedPid(bridge, server)) !== pid,
			"the bridge does not know of the death",
		);
	};

	test.each(
		delays.map((delay) => `start-${delay}`),
	)("%s ms long: each request has one answer, and no call is made twice that must not be", async (server) => {
		const clients = await Promise.all(
			Array.from({ length: 6 }, (_, index) =>
				RawClient.connect(bridge, server, transports[index % 2] ?? "sse"),
			),
		);
		await clients[0]?.request({ jsonrpc: "2.0", id: 0, method: "tools/list" });
		let isOver = false;
		const running = clients.map((client, number) =>
			keepAsking(client, number, () => isOver),
		);
		for (const later of moments) await killAt(server, later);
		isOver = true;
		const ids = await Promise.all(running);
		for (const [index, client] of clients.entries()) {
			const asked = new Set<unknown>(ids[index]);
			const answers = client.received.filter(({ id }) => asked.has(id));
			expect(answers.map(({ id }) => id)).toEqual(ids[index]);
			expect(client.refusals).toEqual([]);
			client.close();
		}
		const writes = linesOf(calls(server))
			.map((line) => line.split(" write ")[1])
			.filter((line) => line !== undefined);
		expect(new Set(writes).size).toBe(writes.length);
	});
});
