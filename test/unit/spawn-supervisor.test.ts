import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { modernRevision } from "../../src/protocol/revisions.ts";
import type { Exit, Wire } from "../../src/protocol/wire.ts";
import { failuresToGiveUp } from "../../src/spawn/backoff.ts";
import type { Launch } from "../../src/spawn/launch.ts";
import { Supervisor } from "../../src/spawn/supervisor.ts";
import type { Report } from "../../src/spawn/supervisor-state.ts";
import { died, FakeWire, settle } from "../harness/fake-wire.ts";

function start({
	keepUp = false,
	startTimeoutMs = 3_600_000,
	/** What the entry says that the child speaks: only this revision, or only revisions with a handshake. */
	only = undefined as string | undefined,
} = {}) {
	let opensIn = only === undefined || only === "legacy" ? "2025-11-25" : only;
	const wires: FakeWire[] = [];
	const events: string[] = [];
	const exits: Exit[] = [];
	const supervisor = new Supervisor({
		client: { capabilities: { roots: {} }, info: { name: "c", version: "1" } },
		launch: (settle) => {
			const wire = new FakeWire();
			wires.push(wire);
			settle({ type: "launched", wire, leave() {} });
			return () => {};
		},
		settings: () => ({
			revision: opensIn,
			mayTry: (revision) =>
				only === undefined ||
				(only === "legacy" && revision !== modernRevision),
			startTimeoutMs,
			keepUp,
		}),
		report: (report) => {
			switch (report.type) {
				case "reopening":
					events.push(report.revision);
					return;
				case "ready":
					events.push("up");
					opensIn = report.revision;
					return;
				case "down":
				case "refused":
					events.push(report.type);
					exits.push(report.exit);
			}
		},
	});
	const last = () => wires.at(-1) as FakeWire;
	/** Children that die of their start until this many in a row have. */
	const fail = async (times: number) => {
		for (let failures = 0; failures < times; failures++) {
			supervisor.need();
			await vi.advanceTimersByTimeAsync(30_000);
			await last().die();
		}
	};
	return { supervisor, wires, events, exits, last, fail };
}

beforeEach(() => {
	vi.useFakeTimers();
	vi.spyOn(Math, "random").mockReturnValue(1);
});
afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

describe("the handshake with a child", () => {
	test("is initialize in the latest legacy revision as the client, its answer, notifications/initialized, ready", () => {
		const { supervisor, events, last } = start();
		expect(supervisor.state.name).toBe("idle");
		supervisor.need();
		expect(supervisor.state.name).toBe("starting");
		expect(last().sent).toEqual([
			{
				jsonrpc: "2.0",
				id: 0,
				method: "initialize",
				params: {
					protocolVersion: "2025-11-25",
					capabilities: { roots: {} },
					clientInfo: { name: "c", version: "1" },
				},
			},
		]);
		last().answer();
		expect(last().sent.slice(1)).toEqual([
			{ jsonrpc: "2.0", method: "notifications/initialized" },
		]);
		expect(events).toEqual(["up"]);
		expect(supervisor.state.name).toBe("ready");
		expect(vi.getTimerCount()).toBe(0);
	});

	test("answers a ping of a child that is not ready, and refuses whatever else it asks", () => {
		const { supervisor, last, events } = start();
		supervisor.need();
		const ask = (id: number, method: string) =>
			last().events.message({ jsonrpc: "2.0", id, method });
		ask(7, "ping");
		ask(8, "roots/list");
		expect(last().sent.slice(1)).toMatchObject([
			{ id: 7, result: {} },
			{ id: 8, error: { code: expect.any(Number) } },
		]);
		last().events.message({ jsonrpc: "2.0", method: "notifications/message" });
		last().events.message({ jsonrpc: "2.0", id: 5, result: {} });
		expect(events).toEqual([]);
	});

	test("that takes longer than startTimeoutMs is a failed start, with the child's last words, and ends the child", async () => {
		const { supervisor, last, events, exits } = start({ startTimeoutMs: 5000 });
		supervisor.need();
		last().output.stderr.push("Downloading…");
		vi.advanceTimersByTime(4999);
		expect(events).toEqual([]);
		vi.advanceTimersByTime(1);
		expect(events).toEqual(["refused"]);
		expect(exits).toMatchObject([
			{ code: "START_TIMEOUT", stderr: ["Downloading…"] },
		]);
		expect(exits[0]?.reason).toContain("5000 ms");
		expect(last().closes).toBe(1);
		last().answer();
		await settle();
		expect(events).toEqual(["refused"]);
	});

	test.each([
		"2099-01-01",
		"1999-01-01",
		"x",
	])("answered in revision %s, which nobody knows, is REVISION_NOT_SERVED", (protocolVersion) => {
		const { supervisor, wires, exits, last } = start();
		supervisor.need();
		last().answer({ protocolVersion, capabilities: {} });
		expect(exits).toMatchObject([{ code: "REVISION_NOT_SERVED" }]);
		expect(exits[0]?.reason).toContain(protocolVersion);
		expect(wires).toHaveLength(1);
		expect(last().closes).toBe(1);
		expect(last().sent).toMatchObject([{ method: "initialize" }]);
	});

	test.each([
		...["2024-10-07", "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"],
		undefined,
	])("answered in revision %s is fine", (protocolVersion) => {
		const { supervisor, events, exits, last } = start();
		supervisor.need();
		last().answer({ protocolVersion, capabilities: {} });
		expect(exits).toEqual([]);
		expect(events).toContain("up");
	});

	test("answered in 2026-07-28, which has none, is server/discover with another process", () => {
		const { supervisor, wires, last } = start();
		supervisor.need();
		last().answer({ protocolVersion: "2026-07-28", capabilities: {} });
		expect(wires).toHaveLength(2);
		expect(last().sent).toMatchObject([{ method: "server/discover" }]);
	});

	test("refused by one that speaks only 2026-07-28 is server/discover with another process", () => {
		const { supervisor, wires, events, exits, last } = start();
		supervisor.need();
		last().refuse(-32022, { supported: ["2026-07-28"] });
		expect(wires).toHaveLength(2);
		expect(wires[0]?.closes).toBe(1);
		expect(last().sent).toEqual([
			{
				jsonrpc: "2.0",
				id: 0,
				method: "server/discover",
				params: {
					_meta: {
						"io.modelcontextprotocol/protocolVersion": "2026-07-28",
						"io.modelcontextprotocol/clientCapabilities": { roots: {} },
						"io.modelcontextprotocol/clientInfo": { name: "c", version: "1" },
					},
				},
			},
		]);
		last().answer({ supportedVersions: ["2026-07-28"], capabilities: {} });
		expect(events).toEqual([modernRevision, "up"]);
		expect(exits).toEqual([]);
		expect(supervisor.failures).toBe(0);
	});
	test("is server/discover from the first on where the child is known to be modern", () => {
		const { supervisor, wires, exits, last } = start({ only: modernRevision });
		supervisor.need();
		expect(last().sent).toMatchObject([{ method: "server/discover" }]);
		last().answer({ supportedVersions: ["2027-01-01"] });
		expect(wires).toHaveLength(1);
		expect(exits).toMatchObject([{ code: "REVISION_NOT_SERVED" }]);
	});
});

describe("a child that does not take the revision", () => {
	const offered = (wires: readonly FakeWire[]) =>
		wires.map(({ initialize: { method, params } }) =>
			method === "initialize" ? params?.protocolVersion : method,
		);

	test("is opened once more in the one that it names, and so is the next one from the first on", async () => {
		const { supervisor, wires, events, exits, last } = start();
		supervisor.need();
		last().refuse(-32602, { supported: ["2024-11-05"] });
		last().answer();
		expect(offered(wires)).toEqual(["2025-11-25", "2024-11-05"]);
		expect(wires[0]?.closes).toBe(1);
		expect(events).toEqual(["2024-11-05", "up"]);
		expect(exits).toEqual([]);
		await last().die();
		supervisor.need();
		expect(offered(wires).at(-1)).toBe("2024-11-05");
	});
	test("says so in an error without an id too", () => {
		const { supervisor, wires, last } = start();
		supervisor.need();
		const error = { code: -32600, message: "Supported: 2025-03-26" };
		last().events.message({ jsonrpc: "2.0", error });
		expect(offered(wires)).toEqual(["2025-11-25", "2025-03-26"]);
	});
});

describe("a child that dies", () => {
	test("of its start is followed by the next one after the pause, also where the wall clock is set back", async () => {
		const { supervisor, wires, fail } = start();
		await fail(3);
		vi.setSystemTime(Date.now() - 3_600_000);
		supervisor.need();
		expect(supervisor.state.name).toBe("waiting");
		await vi.advanceTimersByTimeAsync(499);
		expect(wires).toHaveLength(3);
		await vi.advanceTimersByTimeAsync(1);
		expect(wires).toHaveLength(4);
	});

	test("when it was ready is told of with the last lines that say why, and not with those of its start", async () => {
		const { supervisor, exits, last } = start();
		supervisor.need();
		last().answer();
		const stderr = ["listening", "Error: out of memory"];
		await last().die({ ...died, stderr, errorLines: ["Error: no cache"] });
		expect(exits).toEqual([
			{ ...died, stderr, errorLines: ["Error: out of memory"] },
		]);
		supervisor.need();
		last().answer();
		last().answerProbe();
		await last().die({ ...died, stderr: ["bye"] });
		expect(exits.at(-1)).not.toHaveProperty("errorLines");
	});

	test("of its start ten times is not started again before anybody asks, and no timer is left", async () => {
		const { supervisor, wires, fail } = start();
		await fail(failuresToGiveUp);
		expect(supervisor.failures).toBe(failuresToGiveUp);
		await vi.advanceTimersByTimeAsync(3_600_000);
		expect(wires).toHaveLength(failuresToGiveUp);
		expect(vi.getTimerCount()).toBe(0);
	});

	test("before it has shown that it lives, after one that died young, has failed and is asked for no other revision", async () => {
		const { supervisor, wires, events, last } = start();
		supervisor.need();
		last().answer();
		await last().die();
		expect(supervisor.failures).toBe(1);
		supervisor.need();
		last().answer();
		const { errorLines: _none, ...silent } = died;
		await last().die({ ...silent, stderr: [] });
		expect(wires).toHaveLength(2);
		expect(events).toEqual(["up", "down", "refused"]);
		expect(supervisor.failures).toBe(2);
		supervisor.need();
		await vi.advanceTimersByTimeAsync(250);
		last().answer();
		last().answerProbe();
		expect(supervisor.failures).toBe(0);
	});

	test("before it has served: what the next one says before it shows that it lives is heard after that, and one that never shows it is used", async () => {
		const { supervisor, last, events } = start();
		const method = "notifications/tools/list_changed";
		const isUp = () => events.at(-1) === "up";
		supervisor.need();
		last().answer();
		await last().die();
		supervisor.need();
		last().answer();
		last().events.message({ jsonrpc: "2.0", method });
		expect(last().heard).toEqual([]);
		expect(isUp()).toBe(false);
		last().answerProbe();
		expect(isUp()).toBe(true);
		expect(last().heard).toMatchObject([{ method }]);

		await last().die();
		supervisor.need();
		await vi.advanceTimersByTimeAsync(250);
		last().answer();
		expect(isUp()).toBe(false);
		await vi.advanceTimersByTimeAsync(1000);
		expect(isUp()).toBe(true);
		expect(vi.getTimerCount()).toBe(0);
	});
});

describe("stopChild", () => {
	test("closes the child, tells of it, and the next need starts another", async () => {
		const { supervisor, wires, exits, last } = start();
		supervisor.need();
		last().answer();
		await supervisor.stopChild();
		expect(last().closes).toBe(1);
		expect(exits).toMatchObject([{ code: "CHILD_STOPPED" }]);
		expect(supervisor.state.name).toBe("idle");
		expect(supervisor.lastExit).toBeUndefined();
		expect(wires).toHaveLength(1);
		supervisor.need();
		expect(wires).toHaveLength(2);
	});
	test("while somebody needs it starts another as soon as it is gone, and not before", async () => {
		const { supervisor, wires, last } = start();
		supervisor.need();
		last().answer();
		const ended = supervisor.stopChild();
		supervisor.need();
		expect(wires).toHaveLength(1);
		await ended;
		expect(wires).toHaveLength(2);
	});
	test("of a child that is starting does not let it become ready", async () => {
		const { supervisor, events, last } = start();
		supervisor.need();
		const ended = supervisor.stopChild();
		last().answer();
		await ended;
		expect(events).not.toContain("up");
		expect(supervisor.state.name).toBe("idle");
	});
});

describe("stop", () => {
	test("is for good: who needs a child afterwards is refused", async () => {
		const { supervisor, wires, events, exits, last } = start({ keepUp: true });
		supervisor.need();
		last().answer();
		await supervisor.stop();
		expect(last().closes).toBe(1);
		expect(events).toEqual(["up", "down", "refused"]);
		supervisor.need();
		expect(exits.at(-1)).toMatchObject({ code: "CHILD_STOPPED" });
		await vi.advanceTimersByTimeAsync(3_600_000);
		expect(wires).toHaveLength(1);
		expect(supervisor.state.name).toBe("stopped");
	});
	test.each([
		"starting",
		"waiting",
		"failed",
	])("while %s leaves no timer and no child behind", async (state) => {
		const { supervisor, wires, last, fail } = start({ keepUp: true });
		if (state === "waiting") await fail(2);
		else if (state === "failed") await fail(failuresToGiveUp);
		else supervisor.need();
		expect(supervisor.state.name).toBe(state);
		await supervisor.stop();
		await settle();
		expect(vi.getTimerCount()).toBe(0);
		await vi.advanceTimersByTimeAsync(3_600_000);
		if (state === "starting") expect(last().closes).toBe(1);
		expect(supervisor.state.name).toBe("stopped");
		const count = wires.length;
		await vi.advanceTimersByTimeAsync(3_600_000);
		expect(wires).toHaveLength(count);
		expect(vi.getTimerCount()).toBe(0);
	});
	test("twice settles both times when the child is gone, and not before", async () => {
		const { supervisor, last } = start();
		supervisor.need();
		last().answer();
		let close = () => {};
		last().closing = new Promise<void>((resolve) => {
			close = resolve;
		});
		const stopped: number[] = [];
		void supervisor.stop().then(() => stopped.push(1));
		void supervisor.stop().then(() => stopped.push(2));
		await settle();
		expect(stopped).toEqual([]);
		close();
		await settle();
		expect(stopped).toEqual([1, 2]);
	});
	test("during an end does not start another afterwards", async () => {
		const { supervisor, wires, last } = start({ keepUp: true });
		supervisor.need();
		last().answer();
		const ended = supervisor.stopChild();
		await supervisor.stop();
		await ended;
		expect(wires).toHaveLength(1);
		expect(supervisor.state.name).toBe("stopped");
	});
	test("waits for children that never became ready too", async () => {
		const { supervisor, last } = start();
		supervisor.need();
		let close = () => {};
		last().closing = new Promise<void>((resolve) => {
			close = resolve;
		});
		last().refuse(-32603);
		let isStopped = false;
		void supervisor.stop().then(() => {
			isStopped = true;
		});
		await settle();
		expect(isStopped).toBe(false);
		close();
		await settle();
		expect(isStopped).toBe(true);
	});
});

describe("a process that is asked for", () => {
	/** A supervisor whose process comes when the test says so. */
	function startSlowly(hear: (report: Report<Wire>) => void = () => {}) {
		const wire = new FakeWire();
		const launches: { settle: Parameters<Launch>[0]; isCancelled: boolean }[] =
			[];
		const supervisor = new Supervisor({
			client: { capabilities: {}, info: { name: "c", version: "1" } },
			launch: (settle) => {
				const launch = { settle, isCancelled: false };
				launches.push(launch);
				return () => {
					launch.isCancelled = true;
				};
			},
			settings: () => ({
				revision: "2025-11-25",
				mayTry: () => true,
				startTimeoutMs: 1000,
				keepUp: false,
			}),
			report: hear,
		});
		let leaves = 0;
		const come = () => {
			const leave = () => {
				leaves++;
			};
			launches[0]?.settle({ type: "launched", wire, leave });
		};
		return { supervisor, wire, launches, come, leaves: () => leaves };
	}

	test("and comes later is opened then, and gives its turn to the next when it is ready", () => {
		const { supervisor, wire, launches, come, leaves } = startSlowly();
		supervisor.need();
		supervisor.need();
		expect(launches).toHaveLength(1);
		expect(supervisor.state.name).toBe("queued");
		come();
		expect(wire.initialize.method).toBe("initialize");
		expect(leaves()).toBe(0);
		wire.answer();
		expect(supervisor.state.name).toBe("ready");
		expect(leaves()).toBe(1);
	});

	test("is given up by a stop", async () => {
		const { supervisor, launches } = startSlowly();
		supervisor.need();
		await supervisor.stop();
		expect(launches).toMatchObject([{ isCancelled: true }]);
	});

	test("and comes all the same after a stop is ended, and gives its turn up", async () => {
		const { supervisor, wire, come, leaves } = startSlowly();
		supervisor.need();
		await supervisor.stop();
		come();
		expect(wire.sent).toEqual([]);
		expect(wire.closes).toBe(1);
		await settle();
		expect(leaves()).toBe(1);
	});

	test("and must not be is told, and asked for again with the next need", () => {
		const heard: Report<Wire>[] = [];
		const { supervisor, launches } = startSlowly((each) => heard.push(each));
		supervisor.need();
		launches[0]?.settle({ type: "denied", exit: died });
		expect(heard).toEqual([{ type: "refused", exit: died, wasTried: false }]);
		supervisor.need();
		expect(launches).toHaveLength(2);
	});

	test("by who hears a report comes after all that the report is part of", async () => {
		const heard: string[] = [];
		const { supervisor, wire, launches, come } = startSlowly(({ type }) => {
			heard.push(`${type} ${supervisor.state.name}`);
			if (type === "down") {
				supervisor.need();
				heard.push(supervisor.state.name);
			}
		});
		supervisor.need();
		come();
		wire.answer();
		await wire.die();
		expect(heard).toEqual([
			"started starting",
			"ready ready",
			"down idle",
			"idle",
		]);
		expect(supervisor.state.name).toBe("queued");
		expect(launches).toHaveLength(2);
	});
});
