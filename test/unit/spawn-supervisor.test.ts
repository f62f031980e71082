import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Message, Request } from "../../src/protocol/messages.ts";
import { modernRevision } from "../../src/protocol/revisions.ts";
import type { Exit, Wire, WireEvents } from "../../src/protocol/wire.ts";
import { failuresToGiveUp } from "../../src/spawn/backoff.ts";
import { Spares } from "../../src/spawn/spares.ts";
import { Supervisor } from "../../src/spawn/supervisor.ts";

const died: Exit = {
	code: "CHILD_EXITED",
	reason: "exited with code 1",
	exitCode: 1,
	stderr: ["error: last words"],
	errorLines: ["error: last words"],
};
const stopped: Exit = {
	code: "CHILD_EXITED",
	reason: "exited with code 0",
	exitCode: 0,
	stderr: [],
};

/** A process of which the test says what it does. */
class FakeWire implements Wire {
	readonly pid = 1;
	readonly isBehind = false;
	readonly stopped = undefined;
	readonly output = { stderr: [] as string[] };
	readonly sent: Message[] = [];
	/** What went to who has taken it over. */
	readonly heard: Message[] = [];
	readonly closed: Promise<Exit>;
	closes = 0;
	events: WireEvents = {
		message: (message) => this.heard.push(message),
		noise() {},
		unreadable() {},
		repaired() {},
		tooDeep() {},
		oversize() {},
		stderr() {},
		stderrForgotten() {},
		caughtUp() {},
		ending() {},
	};
	#end: (exit: Exit) => void = () => {};

	constructor() {
		this.closed = new Promise((resolve) => {
			this.#end = resolve;
		});
	}
	write(message: Message): boolean {
		this.sent.push(message);
		return true;
	}
	/** How long it takes to be closed. */
	closing = Promise.resolve();
	async close(): Promise<void> {
		this.closes++;
		await this.closing;
		this.#end(stopped);
	}
	async die(exit = died): Promise<void> {
		this.#end(exit);
		await settle();
	}
	get initialize(): Request {
		return this.sent[0] as Request;
	}
	answer(result: Record<string, unknown> = { serverInfo: { name: "x" } }) {
		const { id } = this.initialize;
		this.events.message({ jsonrpc: "2.0", id, result });
	}
	/** Answers the ping by which it shows that it lives. */
	answerProbe() {
		const probe = this.sent.at(-1) as Request;
		expect(probe.method).toBe("ping");
		this.events.message({ jsonrpc: "2.0", id: probe.id, result: {} });
	}
	refuse(code: number, data?: unknown) {
		const { id } = this.initialize;
		const error = { code, message: "no", data };
		this.events.message({ jsonrpc: "2.0", id, error });
	}
}

/** Lets promises that are settled be heard. */
async function settle(): Promise<void> {
	for (let turns = 0; turns < 10; turns++) await Promise.resolve();
}

function start({
	keepUp = false,
	startTimeoutMs = 3_600_000,
	/** What the entry says that the child speaks: only this revision, or only revisions with a handshake. */
	only = undefined as string | undefined,
	/** Settles when there may be a process. */
	room = undefined as Promise<void> | undefined,
} = {}) {
	let opensIn = only === undefined || only === "legacy" ? "2025-11-25" : only;
	const usage = { asked: false, served: false };
	const wires: FakeWire[] = [];
	const events: string[] = [];
	const exits: Exit[] = [];
	const supervisor = new Supervisor({
		client: { capabilities: { roots: {} }, info: { name: "c", version: "1" } },
		enter: (begin) => {
			begin(() => {});
			return () => {};
		},
		takeWire: () => {
			const full = room;
			room = undefined;
			if (full) return full;
			const wire = new FakeWire();
			wires.push(wire);
			return wire;
		},
		revision: () => opensIn,
		mayTry: (revision) =>
			only === undefined || (only === "legacy" && revision !== modernRevision),
		turn: (revision) => events.push(revision),
		usage: () => usage,
		startTimeoutMs: () => startTimeoutMs,
		keepUp: () => keepUp,
		up: (_wire, revision) => {
			events.push("up");
			opensIn = revision;
			Object.assign(usage, { asked: false, served: false });
		},
		down: (exit) => {
			events.push("down");
			exits.push(exit);
		},
		refused: (exit) => {
			events.push("refused");
			exits.push(exit);
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
	return { supervisor, wires, events, exits, usage, last, fail };
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
		[-32603, undefined, "INITIALIZE_REFUSED"],
		[-32022, { supported: ["2026-07-28"] }, "REVISION_NOT_SERVED"],
		[-32602, { versions: ["2026-07-28"] }, "REVISION_NOT_SERVED"],
	])("refused with %i and %j is %s", (code, data, expected) => {
		const { supervisor, last, exits } = start({ only: "legacy" });
		supervisor.need();
		last().refuse(code, data);
		expect(exits).toMatchObject([{ code: expected }]);
		expect(exits[0]?.reason).toContain("no");
		expect(last().closes).toBe(1);
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

	test("and exits without saying why is opened in the oldest, once and never again to no avail", async () => {
		const { supervisor, wires, events, exits, last } = start();
		const { errorLines: _none, ...silent } = { ...died, stderr: [] };
		supervisor.need();
		await last().die(silent);
		expect(events).toEqual(["2024-11-05"]);
		await last().die(silent);
		expect(offered(wires)).toEqual(["2025-11-25", "2024-11-05"]);
		expect(exits[0]?.reason).toBe(
			"exited with code 1 (it was opened in revision 2024-11-05, after another process had not taken 2025-11-25)",
		);
		expect(supervisor.failures).toBe(1);
		supervisor.need();
		await last().die(silent);
		expect(offered(wires).slice(2)).toEqual(["2025-11-25"]);
		expect(exits[1]?.reason).toBe("exited with code 1");
		// Until the entry has changed.
		await supervisor.end();
		supervisor.need();
		await last().die(silent);
		expect(wires).toHaveLength(5);
	});

	test("may refuse two with a handshake and be modern all the same", () => {
		const supported = ["2025-06-18", "2026-07-28"];
		const { supervisor, wires, events, last } = start();
		supervisor.need();
		last().refuse(-32022, { supported });
		last().refuse(-32022, { supported });
		last().answer({ supportedVersions: ["2026-07-28"], capabilities: {} });
		expect(offered(wires)).toEqual([
			"2025-11-25",
			"2025-06-18",
			"server/discover",
		]);
		expect(events.at(-1)).toBe("up");
	});

	test("and must not be opened in another is refused with what its entry might say", () => {
		const { supervisor, wires, exits, last } = start({ only: "2025-03-26" });
		supervisor.need();
		last().refuse(-32602, { supported: ["2024-11-05"] });
		expect(offered(wires)).toEqual(["2025-03-26"]);
		expect(exits).toMatchObject([{ code: "INITIALIZE_REFUSED" }]);
		expect(exits[0]?.reason).toContain(
			'opened in revision 2025-03-26 and speaks 2024-11-05: set "protocol" to "auto"',
		);
	});

	test("says so in an error without an id too", () => {
		const { supervisor, wires, last } = start();
		supervisor.need();
		const error = { code: -32600, message: "Supported: 2025-03-26" };
		last().events.message({ jsonrpc: "2.0", error });
		expect(offered(wires)).toEqual(["2025-11-25", "2025-03-26"]);
	});
});

test("however often a child is needed, one is started", () => {
	const { supervisor, wires, last } = start();
	supervisor.need();
	supervisor.need();
	last().answer();
	supervisor.need();
	expect(wires).toHaveLength(1);
});

test("a child that finds no room waits for it, unless it is given up", async () => {
	for (const isStopped of [false, true]) {
		let makeRoom = () => {};
		const room = new Promise<void>((resolve) => {
			makeRoom = resolve;
		});
		const { supervisor, wires } = start({ room });
		supervisor.need();
		expect(supervisor.state.name).toBe("queued");
		if (isStopped) void supervisor.stop();
		makeRoom();
		await settle();
		expect(wires).toHaveLength(isStopped ? 0 : 1);
	}
});

describe("a child that dies", () => {
	test("when it was ready is replaced at once when one is needed, and only then", async () => {
		const { supervisor, wires, events, exits, last } = start();
		supervisor.need();
		last().answer();
		await last().die();
		expect(events).toEqual(["up", "down"]);
		expect(exits).toEqual([died]);
		expect(supervisor.lastExit).toEqual(died);
		await vi.advanceTimersByTimeAsync(60_000);
		expect(wires).toHaveLength(1);
		supervisor.need();
		expect(wires).toHaveLength(2);
	});

	test("of its start refuses what waits, and the next one follows after a pause that doubles", async () => {
		const { supervisor, wires, events, last } = start();
		supervisor.need();
		await last().die();
		expect(events).toEqual(["refused"]);
		supervisor.need();
		expect(wires).toHaveLength(2);
		await last().die();
		for (const pause of [250, 500, 1000]) {
			const before = wires.length;
			supervisor.need();
			expect(supervisor.state.name).toBe("waiting");
			await vi.advanceTimersByTimeAsync(pause - 1);
			expect(wires).toHaveLength(before);
			await vi.advanceTimersByTimeAsync(1);
			expect(wires).toHaveLength(before + 1);
			await last().die();
		}
		expect(supervisor.failures).toBe(5);
	});

	test("ten times in a row has failed: who needs it is refused at once, with why and when, until its pause is over", async () => {
		const { supervisor, wires, events, exits, fail } = start();
		await fail(failuresToGiveUp);
		expect(supervisor.state.name).toBe("failed");
		events.length = 0;
		const before = wires.length;
		supervisor.need();
		expect(events).toEqual(["refused"]);
		expect(exits.at(-1)).toMatchObject({
			code: "CHILD_EXITED",
			stderr: ["error: last words"],
		});
		expect(exits.at(-1)?.reason).toMatch(/10 times.*30 s.*exited with code 1/);
		expect(wires).toHaveLength(before);
		await vi.advanceTimersByTimeAsync(30_000);
		expect(wires).toHaveLength(before);
		supervisor.need();
		expect(wires).toHaveLength(before + 1);
	});

	test("after it was ready for a while begins to count anew, right after its start it does not", async () => {
		const { supervisor, last, fail } = start();
		await fail(3);
		supervisor.need();
		await vi.advanceTimersByTimeAsync(30_000);
		last().answer();
		expect(supervisor.failures).toBe(0);
		await last().die();
		expect(supervisor.failures).toBe(4);
		supervisor.need();
		await vi.advanceTimersByTimeAsync(30_000);
		last().answer();
		last().answerProbe();
		await vi.advanceTimersByTimeAsync(10_000);
		await last().die();
		expect(supervisor.failures).toBe(1);
	});

	test("after it has answered a client is replaced at once, however often and after however short a life", async () => {
		const { supervisor, wires, usage, last } = start();
		for (let lives = 1; lives <= 2 * failuresToGiveUp; lives++) {
			supervisor.need();
			expect(wires).toHaveLength(lives);
			last().answer();
			usage.asked = true;
			usage.served = true;
			await last().die(stopped);
			expect(supervisor.state.name).toBe("idle");
			expect(supervisor.failures).toBe(0);
		}
	});

	test("of every call is replaced at once, as long as it shows before that it lives", async () => {
		const { supervisor, wires, usage, last } = start();
		supervisor.need();
		last().answer();
		usage.asked = true;
		await last().die();
		expect(supervisor.failures).toBe(1);
		for (let lives = 2; lives <= 2 * failuresToGiveUp; lives++) {
			supervisor.need();
			expect(wires).toHaveLength(lives);
			last().answer();
			last().answerProbe();
			usage.asked = true;
			await last().die();
			expect(supervisor.failures).toBe(0);
		}
	});

	test("right after its handshake waits longer and longer, and fails, whatever it is asked", async () => {
		const { supervisor, usage, last, events } = start();
		for (let failures = 1; failures <= failuresToGiveUp; failures++) {
			supervisor.need();
			await vi.advanceTimersByTimeAsync(30_000);
			last().answer();
			usage.asked = true;
			await last().die(stopped);
			expect(supervisor.failures).toBe(failures);
		}
		expect(supervisor.state.name).toBe("failed");
		// It takes the revision, and only the first one was given to clients.
		expect(events).not.toContain("2024-11-05");
		expect(events.filter((event) => event === "up")).toHaveLength(1);
	});

	test("though it shows that it lives, and is asked nothing, has failed", async () => {
		const { supervisor, last } = start({ keepUp: true });
		supervisor.need();
		for (let failures = 1; failures <= failuresToGiveUp; failures++) {
			await vi.advanceTimersByTimeAsync(30_000);
			last().answer();
			if (failures > 1) last().answerProbe();
			await last().die();
			expect(supervisor.failures).toBe(failures);
		}
		expect(supervisor.state.name).toBe("failed");
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

	test("and is kept up is started again without being asked, also after it has failed", async () => {
		const { supervisor, wires, last } = start({ keepUp: true });
		supervisor.need();
		last().answer();
		await last().die();
		await vi.advanceTimersByTimeAsync(0);
		expect(wires).toHaveLength(2);
		for (let failures = 1; failures < failuresToGiveUp; failures++) {
			await last().die();
			await vi.advanceTimersByTimeAsync(30_000);
		}
		expect(wires).toHaveLength(failuresToGiveUp + 1);
		expect(supervisor.state.name).toBe("starting");
	});
});

describe("end", () => {
	test("closes the child, tells of it, and the next need starts another", async () => {
		const { supervisor, wires, exits, last } = start();
		supervisor.need();
		last().answer();
		await supervisor.end();
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
		const ended = supervisor.end();
		supervisor.need();
		expect(wires).toHaveLength(1);
		await ended;
		expect(wires).toHaveLength(2);
	});

	test("of a child that is starting does not let it become ready", async () => {
		const { supervisor, events, last } = start();
		supervisor.need();
		const ended = supervisor.end();
		last().answer();
		await ended;
		expect(events).not.toContain("up");
		expect(supervisor.state.name).toBe("idle");
	});

	test("in the pause before a start that somebody waits for does not forget who waits", async () => {
		const { supervisor, wires, fail } = start();
		await fail(3);
		supervisor.need();
		expect(supervisor.state.name).toBe("waiting");
		const before = wires.length;
		await supervisor.end();
		await vi.advanceTimersByTimeAsync(60_000);
		expect(wires).toHaveLength(before + 1);
	});

	test("forgets the failures, so that a corrected config is tried at once", async () => {
		const { supervisor, wires, fail } = start();
		await fail(failuresToGiveUp);
		await supervisor.end();
		const before = wires.length;
		supervisor.need();
		expect(wires).toHaveLength(before + 1);
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
		const ended = supervisor.end();
		await supervisor.stop();
		await ended;
		expect(wires).toHaveLength(1);
		expect(supervisor.state.name).toBe("stopped");
	});
});

describe("a child that is killed while it starts", () => {
	const killed: Exit = {
		code: "CHILD_EXITED",
		reason: "was ended by SIGKILL",
		signal: "SIGKILL",
		stderr: [],
	};

	test("is replaced, and who waits is not told", async () => {
		const { supervisor, wires, events, last } = start();
		supervisor.need();
		for (const before of [1, 2]) {
			expect(wires).toHaveLength(before);
			await last().die(killed);
			await vi.advanceTimersByTimeAsync(250);
		}
		expect(wires).toHaveLength(3);
		last().answer();
		expect(events).toEqual(["up"]);
	});

	test("three times in a row is told, and not replaced before anybody asks", async () => {
		const { supervisor, wires, events, exits, last } = start();
		supervisor.need();
		for (let times = 0; times < 3; times++) {
			await last().die(killed);
			await vi.advanceTimersByTimeAsync(250);
		}
		await vi.advanceTimersByTimeAsync(60_000);
		expect(events).toEqual(["refused"]);
		expect(exits).toEqual([killed]);
		expect(wires).toHaveLength(3);
	});
});

describe("spares", () => {
	function spares(count: number) {
		const wires: FakeWire[] = [];
		const state = { count };
		const stock = new Spares(
			() => state.count,
			() => {
				const wire = new FakeWire();
				wires.push(wire);
				return wire;
			},
			(begin) => {
				begin();
				return () => {};
			},
		);
		return { stock, wires, state };
	}

	test("are started ahead, taken once, and replaced when taken", () => {
		const { stock, wires } = spares(2);
		stock.fill();
		stock.fill();
		expect(wires).toHaveLength(2);
		expect(stock.take()).toBe(wires[0]);
		expect(wires).toHaveLength(3);
		expect(stock.take()).toBe(wires[1]);
		expect(stock.take()).toBe(wires[2]);
	});

	test("where there is none a process is started", () => {
		const { stock, wires } = spares(0);
		stock.fill();
		expect(wires).toHaveLength(0);
		expect(stock.take()).toBe(wires[0]);
		expect(wires).toHaveLength(1);
	});

	test("one that died is not handed out, and not replaced before one is taken", async () => {
		const { stock, wires } = spares(1);
		stock.fill();
		await wires[0]?.die();
		expect(wires).toHaveLength(1);
		expect(stock.take()).toBe(wires[1]);
		expect(wires).toHaveLength(3);
	});

	test("all of them are ended by close, and none that was taken", async () => {
		const { stock, wires } = spares(2);
		stock.fill();
		stock.take();
		await stock.close();
		expect(wires.map(({ closes }) => closes)).toEqual([0, 1, 1]);
	});
});
