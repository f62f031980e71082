import { spawn } from "node:child_process";
import { once } from "node:events";
import {
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { callMessage } from "../harness/call-message.ts";
import { transports } from "../harness/clients.ts";
import { HeldServer } from "../harness/held-server.ts";
import {
	eventually,
	isRunning,
	pidsWith,
	waitUntilGone,
} from "../harness/processes.ts";
import {
	initializeRequest,
	type Message,
	post,
	RawClient,
} from "../harness/raw-http.ts";
import { scratch } from "../harness/scratch.ts";
import {
	type Bridge,
	type BridgeInput,
	fixture,
	type ServerInput,
	type StartOptions,
	startBridge,
} from "../harness/start-bridge.ts";
import {
	callOnce,
	getJson,
	serverStatus,
	sharedPid,
	textOf,
} from "../harness/status.ts";

/** Changes of the config come into force while the bridge runs. */

const file = scratch();
const patient = { timeout: 15_000 };
const faulty = (faults: string[] = [], more = {}) =>
	fixture("faulty", faults, more);
const changed = (server: ServerInput): ServerInput => ({
	...server,
	env: { ...server.env, CHANGED: "1" },
});
const pidOf = async (bridge: Bridge, server: string) =>
	Number(textOf(await callOnce(bridge, server, "pid")));
const serverNames = async (bridge: Bridge) =>
	Object.keys((await getJson(bridge, "/status")).servers as object).sort();

/** Waits until the bridge watches a folder; before that an edit may be missed. */
async function watches({ pid }: Bridge, folder: string): Promise<void> {
	const watch = `ino:${statSync(folder).ino.toString(16)} `;
	const fdinfo = `/proc/${pid}/fdinfo`;
	const hasWatch = (fd: string) => {
		try {
			return readFileSync(`${fdinfo}/${fd}`, "utf8").includes(watch);
		} catch {
			// Closed since it was listed.
			return false;
		}
	};
	await eventually(
		() => readdirSync(fdinfo).some(hasWatch),
		"it watches nothing",
	);
}

async function startWatching(
	input: BridgeInput,
	options: StartOptions = {},
): Promise<Bridge> {
	const bridge = await startBridge(input, options);
	await watches(bridge, bridge.folder);
	return bridge;
}

const inForce = "config taken into force";
const staysAsItWas = "The config stays as it was";
const count = ({ log }: Bridge, text: string) =>
	log.filter((line) => line.includes(text)).length;

/** Edits the config and waits until the log says what became of that; gives what it said. */
async function edit(
	bridge: Bridge,
	next: BridgeInput | string,
	outcome = inForce,
): Promise<string> {
	const before = bridge.log.length;
	bridge.editConfig(next);
	return eventually(
		() => bridge.log.slice(before).find((line) => line.includes(outcome)),
		() => `no '${outcome}' in ${bridge.log.slice(before).join("\n")}`,
	);
}

describe.each([
	["servers.ts", {}],
	["a named-server config", { named: true }],
] as [string, StartOptions][])("an edit of %s", (_kind, options) => {
	test("restarts the servers that changed, and no others; their sessions go on", async () => {
		const servers = {
			same: faulty(),
			other: faulty(),
			never: faulty(),
		};
		const bridge = await startWatching({ servers }, options);
		const same = await pidOf(bridge, "same");
		const clients = await Promise.all(
			transports.map((transport) =>
				RawClient.connect(bridge, "other", transport),
			),
		);
		const before = await pidOf(bridge, "other");

		await edit(bridge, {
			servers: { ...servers, other: changed(servers.other) },
		});
		await waitUntilGone([before]);
		const pids = new Set<string>();
		for (const client of clients) {
			pids.add(await client.text("after", "pid"));
			expect(client.refusals).toEqual([]);
		}
		expect([...pids]).toEqual([String(await pidOf(bridge, "other"))]);
		expect(pids).not.toContain(String(before));
		expect(await pidOf(bridge, "same")).toBe(same);
		expect(await serverStatus(bridge, "same")).toMatchObject({ spawned: 1 });
		expect(await serverStatus(bridge, "never")).toMatchObject({ spawned: 0 });
		for (const client of clients) client.close();
		await bridge.stop();
	});

	test("adds servers, and removes others with their sessions and processes", async () => {
		const bridge = await startWatching(
			{ servers: { kept: faulty(), gone: faulty() } },
			options,
		);
		const kept = await RawClient.connect(bridge, "kept", "streamable");
		const keptPid = await kept.text(1, "pid");
		const gone = await Promise.all(
			transports.map((transport) =>
				RawClient.connect(bridge, "gone", transport),
			),
		);
		const gonePid = await pidOf(bridge, "gone");

		await edit(bridge, { servers: { kept: faulty(), more: faulty() } });
		await waitUntilGone([gonePid]);
		expect(await serverNames(bridge)).toEqual(["kept", "more"]);
		await gone[0]?.stream?.ended;
		const refused = await gone[1]?.post(initializeRequest());
		expect(refused?.status).toBe(404);
		expect(await refused?.text()).toContain("more");
		expect(await pidOf(bridge, "more")).toBeGreaterThan(0);
		expect(await kept.text(2, "pid")).toBe(keptPid);
		kept.close();
		await bridge.stop();
	});

	test("that is broken is logged with its problem, and everything goes on as it was", async () => {
		const servers = { one: faulty() };
		const bridge = await startWatching({ servers }, options);
		const pid = await pidOf(bridge, "one");
		const broken: [text: BridgeInput | string, problem: RegExp][] = [
			["{ this is not", /correct line 1|\(1:3\)/],
			[
				{ servers: { one: { ...servers.one, idleTimeoutMs: -5 } } },
				/one\.idleTimeoutMs.*-5/,
			],
			[{ servers: {} }, /at least one enabled server|no server/],
		];
		for (const [text, problem] of broken) {
			const line = await edit(bridge, text, staysAsItWas);
			expect(line).toMatch(problem);
			expect(await pidOf(bridge, "one")).toBe(pid);
		}
		// And the next good one counts again.
		await edit(bridge, { servers: { ...servers, two: faulty() } });
		expect(await serverNames(bridge)).toEqual(["one", "two"]);
		expect(await pidOf(bridge, "one")).toBe(pid);
		await bridge.stop();
	});
});

describe("an edit with a fault in one entry", () => {
	test("fails that one and no other, and is mended by the next; its sessions are taken up again", async () => {
		const servers = { one: faulty(), two: faulty() };
		const bridge = await startWatching({ servers });
		const pid = await pidOf(bridge, "two");
		const client = await RawClient.connect(bridge, "one", "streamable");
		const before = await pidOf(bridge, "one");
		const failed = { ...servers.one, idleTimeoutMs: -5 };

		await edit(bridge, { servers: { ...servers, one: failed } });
		await waitUntilGone([before]);
		const { error } = await client.request(callMessage(1, "pid"));
		expect(error?.message).toMatch(/one\.idleTimeoutMs.*-5/);
		expect(await serverStatus(bridge, "one")).toMatchObject({
			state: "failed",
			failure: { code: "CONFIG_INVALID" },
		});
		const unknown = { ...servers.one, idel: 1 } as ServerInput;
		await edit(bridge, { servers: { ...servers, one: unknown } });
		const { failure } = await serverStatus(bridge, "one");
		expect(failure?.reason).toContain("idel");

		await edit(bridge, { servers });
		expect(await client.text(2, "pid")).not.toBe(String(before));
		expect(await pidOf(bridge, "two")).toBe(pid);
		client.close();
		await bridge.stop();
	});
});

describe("an edit", () => {
	test("that an editor makes in place, or by removing the file first, counts too", async () => {
		const bridge = await startWatching({ servers: { one: faulty() } });
		await pidOf(bridge, "one");
		const text = (name: string) =>
			`export default { servers: { ${name}: { command: "true" } } };\n`;
		const before = count(bridge, inForce);
		writeFileSync(bridge.config, text("two"));
		await expect.poll(() => serverNames(bridge), patient).toEqual(["two"]);
		await expect.poll(() => count(bridge, inForce), patient).toBe(before + 1);
		rmSync(bridge.config);
		await bridge.waitForLog(staysAsItWas);
		expect(await serverNames(bridge)).toEqual(["two"]);
		writeFileSync(bridge.config, text("three"));
		await expect.poll(() => serverNames(bridge), patient).toEqual(["three"]);
		await bridge.stop();
	});

	test("is in force when it is the last of many, however they are made, on a busy machine", async () => {
		const bridge = await startBridge({ servers: { start: faulty() } });
		const text = (name: string) =>
			`export default { servers: { ${name}: { command: "true" } } };\n`;
		const busy = [1, 2].map(() =>
			spawn(process.execPath, [
				"-e",
				"setTimeout(process.exit, 30_000); for (;;);",
			]),
		);
		try {
			for (const round of [1, 2, 3]) {
				for (let edit = 1; edit <= 20; edit++) {
					const next = text(`s${round}_${edit}`);
					if (edit % 3 === 0) bridge.editConfig(next);
					else {
						if (edit % 3 === 1) rmSync(bridge.config);
						writeFileSync(bridge.config, next);
					}
					// Edits are apart by different times.
					for (let turn = 0; turn < edit % 4; turn++) await serverNames(bridge);
				}
				await expect
					.poll(() => serverNames(bridge), { timeout: 30_000 })
					.toEqual([`s${round}_20`]);
			}
		} finally {
			for (const child of busy) child.kill("SIGKILL");
		}
		await bridge.stop();
	}, 120_000);

	test("of a module that the config imports counts, also where it was missing or broken", async () => {
		const bridge = await startBridge({ servers: { start: faulty() } });
		const at = (name: string) => `${bridge.folder}/${name}`;
		const names = (expected: string[]) =>
			expect.poll(() => serverNames(bridge), patient).toEqual(expected);
		bridge.editConfig(
			'import { name } from "./name.ts";\nimport { servers } from "./more.json";\nexport default { servers: { ...servers, [name]: { command: "true" } } };\n',
		);
		await bridge.waitForLog(staysAsItWas);
		writeFileSync(at("name.ts"), 'export const name: string = "one";');
		writeFileSync(at("more.json"), '{ "servers": {} }');
		await names(["one"]);
		writeFileSync(at("name.ts"), 'export const name: string = "two";');
		await names(["two"]);
		const before = count(bridge, staysAsItWas);
		writeFileSync(at("more.json"), "{");
		await eventually(
			() => count(bridge, staysAsItWas) > before,
			"the broken module is not told",
		);
		writeFileSync(
			at("more.json"),
			'{ "servers": { "x": { "command": "true" } } }',
		);
		await names(["two", "x"]);
		await bridge.stop();
	}, 40_000);

	test("that never comes to its end does not bar the next one", async () => {
		const bridge = await startBridge({ servers: { one: faulty() } });
		const pid = await pidOf(bridge, "one");
		const told = createServer((_, response) => response.end());
		await once(told.listen(0, "127.0.0.1"), "listening");
		const { port } = told.address() as AddressInfo;
		const reached = once(told, "request");
		bridge.editConfig(`await fetch("http://127.0.0.1:${port}");\nfor (;;);\n`);
		await reached;
		told.close();
		expect(await pidOf(bridge, "one")).toBe(pid);
		bridge.editConfig({ servers: { two: faulty() } });
		await expect
			.poll(() => serverNames(bridge), { timeout: 20_000 })
			.toEqual(["two"]);
		expect(count(bridge, "given up, since it has been edited")).toBe(1);
		await bridge.stop();
	}, 40_000);

	test("by which the file becomes a link to itself is told, and the next one counts", async () => {
		const bridge = await startBridge({ servers: { one: faulty() } });
		const pid = await pidOf(bridge, "one");
		rmSync(bridge.config);
		symlinkSync(bridge.config, bridge.config);
		expect(await bridge.waitForLog(staysAsItWas)).toMatch(
			/ELOOP|symbolic link/,
		);
		expect(await pidOf(bridge, "one")).toBe(pid);
		bridge.editConfig({ servers: { two: faulty() } });
		await expect.poll(() => serverNames(bridge), patient).toEqual(["two"]);
		await bridge.stop();
	});

	test("is taken into force by SIGHUP, with --no-watch by nothing else", async () => {
		const servers = { one: faulty() };
		const bridge = await startBridge({ servers }, { args: ["--no-watch"] });
		const pid = await pidOf(bridge, "one");
		const hangUp = async (outcome: string) => {
			const before = count(bridge, outcome);
			process.kill(bridge.pid, "SIGHUP");
			await eventually(
				() => count(bridge, outcome) === before + 1,
				`no '${outcome}'`,
			);
		};
		await hangUp(inForce);
		expect(await pidOf(bridge, "one")).toBe(pid);
		bridge.editConfig("{ this is not");
		await hangUp(staysAsItWas);
		bridge.editConfig({ servers: { ...servers, two: faulty() } });
		await hangUp(inForce);
		expect(await serverNames(bridge)).toEqual(["one", "two"]);
		expect(await pidOf(bridge, "one")).toBe(pid);
		await bridge.stop();
	});

	test("made as soon as the bridge listens is not missed", async () => {
		const bridge = await startBridge({ servers: { one: faulty() } });
		bridge.editConfig({ servers: { two: faulty() } });
		await expect
			.poll(() => serverNames(bridge), { timeout: 5000 })
			.toEqual(["two"]);
		await bridge.stop();
	});

	test("to a global option is logged as needing a restart, and changes nothing else", async () => {
		const servers = { one: faulty() };
		const bridge = await startWatching({ servers });
		const pid = await pidOf(bridge, "one");
		const line = await edit(
			bridge,
			{ servers, maxBodyBytes: 4096, keepAliveMs: 1000 },
			"restart of the bridge",
		);
		expect(line).toContain("maxBodyBytes");
		expect(line).toContain("keepAliveMs");
		expect(line).not.toContain("maxSessions");
		const response = await post(`${bridge.url}/servers/one/mcp`, {
			...initializeRequest(),
			padding: "x".repeat(5000),
		});
		expect(response.status).toBe(200);
		await response.text();
		expect(await pidOf(bridge, "one")).toBe(pid);
		await bridge.stop();
	});

	test("of nothing but its form, or of another file, restarts nothing", async () => {
		const servers = { one: faulty([], { warm: 1 }) };
		const bridge = await startWatching({ servers });
		const pid = await eventually(
			() => sharedPid(bridge, "one"),
			"it never started",
		);
		const before = count(bridge, inForce);
		writeFileSync(`${bridge.folder}/notes.ts`, "export default {}");
		await edit(bridge, { servers, keepAliveMs: 15_000 });
		expect(await sharedPid(bridge, "one")).toBe(pid);
		expect(await serverStatus(bridge, "one")).toMatchObject({ spawned: 1 });
		expect(count(bridge, inForce)).toBe(before + 1);
		expect(count(bridge, "changed: restarting")).toBe(0);
		await bridge.stop();
	});

	test("is ignored with --no-watch", async () => {
		const servers = { one: faulty() };
		const bridge = await startBridge({ servers }, { args: ["--no-watch"] });
		// Another bridge on the same file tells when the edit could have been seen.
		const watching = await startBridge(
			{ servers },
			{ args: ["--config", bridge.config] },
		);
		// It looks at the first one's folder.
		await watches(watching, bridge.folder);
		bridge.editConfig({ servers: { two: faulty() } });
		await watching.waitForLog(inForce);
		expect(await serverNames(watching)).toEqual(["two"]);
		expect(await serverNames(bridge)).toEqual(["one"]);
		expect(bridge.log.join("\n")).not.toContain(inForce);
		await watching.stop();
		await bridge.stop();
	});
});

describe("a server that changes", () => {
	const call = (id: string, name: string): Message => ({
		jsonrpc: "2.0",
		id,
		method: "tools/call",
		params: { name, arguments: { message: id } },
	});
	const inFlight = (bridge: Bridge, inFlight: number, waiting = 0) =>
		eventually(async () => {
			const { shared } = await serverStatus(bridge, "one");
			return shared?.inFlight === inFlight && shared.waiting === waiting;
		}, `there are not ${inFlight} in flight and ${waiting} waiting`);

	test("answers what is in flight first; what comes meanwhile waits for the new child", async () => {
		const held = file("drain");
		writeFileSync(held, "");
		const one = faulty(["hold-on-call"], { env: { HOLD_FILE: held } });
		const bridge = await startWatching({ servers: { one } });
		const before = await pidOf(bridge, "one");
		const client = await RawClient.connect(bridge, "one", "sse");
		await client.send(call("held", "echo"));
		await inFlight(bridge, 1);
		bridge.editConfig({ servers: { one: changed(one) } });
		await bridge.waitForLog("changed: restarting");
		await client.send(call("later", "pid"));
		await inFlight(bridge, 1, 1);
		expect(isRunning(before)).toBe(true);
		rmSync(held);
		expect(textOf(await client.answer("held"))).toBe("held");
		expect(textOf(await client.answer("later"))).not.toBe(String(before));
		await waitUntilGone([before]);
		client.close();
		await bridge.stop();
	});

	test("answers with an error what takes longer than drainTimeoutMs", async () => {
		const one = faulty(["hang-on-call"]);
		const bridge = await startWatching({
			servers: { one },
			drainTimeoutMs: 300,
		});
		const client = await RawClient.connect(bridge, "one", "sse");
		await client.send(call("hangs", "echo"));
		await inFlight(bridge, 1);
		await edit(bridge, {
			servers: { one: changed(one) },
			drainTimeoutMs: 300,
		});
		expect((await client.answer("hangs")).error?.message).toContain("stopped");
		expect(await client.text("after", "pid")).toMatch(/^\d+$/);
		client.close();
		await bridge.stop();
	});

	test("twice while it drains is restarted once, and its new child is left alone", async () => {
		const held = file("twice");
		writeFileSync(held, "");
		const one = faulty(["hold-on-call"], { env: { HOLD_FILE: held } });
		const options = { drainTimeoutMs: 15_000 };
		const bridge = await startWatching({ servers: { one }, ...options });
		const client = await RawClient.connect(bridge, "one", "sse");
		await client.send(call("held", "echo"));
		await inFlight(bridge, 1);
		for (const edits of [1, 2]) {
			bridge.editConfig({
				servers: {
					one: {
						...one,
						args: [...(one.args ?? []), ...["crlf", "noise"].slice(0, edits)],
					},
				},
				...options,
			});
			await eventually(
				() => count(bridge, "changed: restarting") === edits,
				`edit ${edits} was not seen`,
			);
		}
		rmSync(held);
		expect(textOf(await client.answer("held"))).toBe("held");
		const pid = await client.text("new", "pid");
		await eventually(
			() => count(bridge, inForce) === 2,
			"not both are in force",
		);
		expect(await client.text("still", "pid")).toBe(pid);
		expect(await serverStatus(bridge, "one")).toMatchObject({ spawned: 2 });
		client.close();
		await bridge.stop();
	});

	test("from one that cannot start to one that can answers the requests that wait for its next try", async () => {
		const bridge = await startWatching({
			servers: { one: faulty(["die-on-start", "9"]) },
		});
		// So often that the next try is far.
		await eventually(async () => {
			await callOnce(bridge, "one", "pid");
			return ((await serverStatus(bridge, "one")).shared?.failures ?? 0) >= 6;
		}, "it does not fail");
		const waiting = callOnce(bridge, "one", "pid");
		await inFlight(bridge, 0, 1);
		const { state, shared } = await serverStatus(bridge, "one");
		expect([state, shared?.state]).toEqual(["failed", "waiting"]);
		await edit(bridge, { servers: { one: faulty() } });
		expect(textOf(await waiting)).toMatch(/^\d+$/);
		const health = await fetch(`${bridge.url}/servers/one/health`);
		expect(health.status).toBe(200);
		await bridge.stop();
	});

	test("while it starts serves the requests that wait for it by the new child", async () => {
		const bridge = await startWatching({
			servers: { one: faulty(["silent"]) },
		});
		const waiting = callOnce(bridge, "one", "pid");
		await inFlight(bridge, 0, 1);
		await edit(bridge, { servers: { one: faulty() } });
		expect(textOf(await waiting)).toMatch(/^\d+$/);
		await bridge.stop();
	});

	test("replaces its spares and the children of its sessions too", async () => {
		const tags = { before: file("spare before"), after: file("spare after") };
		const one = (tag: string) =>
			faulty([], { isolation: "session", warm: 1, env: { TAG: tag } });
		const bridge = await startWatching({ servers: { one: one(tags.before) } });
		const client = await RawClient.connect(bridge, "one", "streamable");
		await client.text(1, "pid");
		const before = await eventually(() => {
			const pids = pidsWith(tags.before);
			return pids.length === 2 && pids;
		}, "there are not a session's child and a spare");
		await edit(bridge, { servers: { one: one(tags.after) } });
		await waitUntilGone(before);
		const after = Number(await client.text(2, "pid"));
		expect(pidsWith(tags.after)).toContain(after);
		await eventually(
			() => pidsWith(tags.after).length === 2,
			"the spare was not replaced",
		);
		client.close();
		await bridge.stop();
	});
});

describe("a server that is taken out while its last call is drained", () => {
	/** A bridge that has taken it out, and the call that it still has. */
	const startDraining = async (at: string) => {
		const server = new HeldServer(file(at));
		server.hold();
		const other = faulty();
		const bridge = await startWatching({
			servers: { one: server.entry, other },
		});
		const client = await RawClient.connect(bridge, "one", "sse");
		const answer = client.text("last", "echo", { message: "last" });
		await server.got("last");
		bridge.editConfig({ servers: { other } });
		await bridge.waitForLog("removed");
		return { server, bridge, client, answer, other };
	};

	test("and put back has new sessions, which do not end with the old ones", async () => {
		const { server, bridge, client, answer, other } =
			await startDraining("put back");
		const next = new HeldServer(file("put back, the next"));
		next.hold();
		bridge.editConfig({ servers: { one: next.entry, other } });
		await bridge.waitForLog("added");
		const another = await RawClient.connect(bridge, "one", "streamable");
		const waiting = another.text("new", "echo", { message: "new" });
		await next.got("new");
		server.letGo();
		expect(await answer).toBe("last");
		await eventually(
			() => count(bridge, inForce) === 2,
			"the old server does not end",
		);
		next.letGo();
		expect(await waiting).toBe("new");
		for (const each of [client, another]) each.close();
		await bridge.stop();
	});

	test("has its time when the bridge is told to stop, too", async () => {
		const { server, bridge, answer } = await startDraining("stopped");
		process.kill(bridge.pid, "SIGTERM");
		await bridge.waitForLog("shutting down");
		server.letGo();
		expect(await answer).toBe("last");
		expect(await bridge.exited).toEqual({ code: 0, signal: null });
	});
});
