import { describe, expect, test } from "vitest";
import { modernRevision } from "../../src/protocol/revisions.ts";
import { failuresToGiveUp } from "../../src/spawn/backoff.ts";
import { died } from "../harness/fake-wire.ts";
import { killed, onlyLegacy, Supervised } from "../harness/supervised.ts";

const { errorLines: _none, ...silent } = { ...died, stderr: [] as string[] };
const served = { type: "used", usage: "served" } as const;
const asked = { type: "used", usage: "asked" } as const;

describe("a child that does not take the revision", () => {
	test("is opened once more in the one that it names, with another process", () => {
		const child = new Supervised();
		child.need();
		child.launch();
		expect(child.refuse(-32602, { supported: ["2024-11-05"] })).toEqual([
			"close",
			"report reopening",
			"launch",
		]);
		child.launch();
		child.open();
		expect(child.revisions).toEqual(["2025-11-25", "2024-11-05"]);
		expect(child.exits("refused")).toEqual([]);
		expect(child.failures).toBe(0);
	});

	test("and exits without saying why is opened in the oldest, once and never again to no avail", () => {
		const child = new Supervised();
		child.need();
		child.launch();
		child.notOpened({ failure: silent });
		child.launch();
		child.notOpened({ failure: silent });
		expect(child.revisions).toEqual(["2025-11-25", "2024-11-05"]);
		expect(child.exits("refused")[0]?.reason).toBe(
			"exited with code 1 (it was opened in revision 2024-11-05, after another process had not taken 2025-11-25)",
		);
		expect(child.failures).toBe(1);
		child.need();
		child.launch();
		child.notOpened({ failure: silent });
		expect(child.revisions.slice(2)).toEqual(["2025-11-25"]);
		expect(child.exits("refused")[1]?.reason).toBe("exited with code 1");
		// Until the entry has changed, or one has taken a revision.
		child.take({ type: "stopChild" });
		child.need();
		child.launch();
		child.notOpened({ failure: silent });
		child.launch();
		child.notOpened({ failure: silent });
		expect(child.revisions.slice(3)).toEqual(["2025-11-25", "2024-11-05"]);
		child.need();
		child.launch();
		child.open();
		child.take(served);
		child.die();
		child.need();
		child.launch();
		child.notOpened({ failure: silent });
		expect(child.state).toMatchObject({
			name: "queued",
			revision: "2024-11-05",
		});
	});

	test("may refuse two with a handshake and be modern all the same", () => {
		const supported = ["2025-06-18", modernRevision];
		const child = new Supervised();
		child.need();
		child.launch();
		for (const _ of [1, 2]) {
			child.refuse(-32022, { supported });
			child.launch();
		}
		child.open();
		expect(child.revisions).toEqual([
			"2025-11-25",
			"2025-06-18",
			modernRevision,
		]);
		expect(child.state.name).toBe("ready");
	});

	test("and must not be opened in another is refused with what its entry might say", () => {
		const child = new Supervised({
			revision: "2025-03-26",
			mayTry: () => false,
		});
		child.need();
		child.launch();
		expect(child.refuse(-32602, { supported: ["2024-11-05"] })).toEqual([
			"close",
			"report refused",
		]);
		const [exit] = child.exits("refused");
		expect(exit?.code).toBe("INITIALIZE_REFUSED");
		expect(exit?.reason).toContain(
			'opened in revision 2025-03-26 and speaks 2024-11-05: set "protocol" to "auto"',
		);
	});

	test.each([
		[-32603, undefined, "INITIALIZE_REFUSED"],
		[-32022, { supported: [modernRevision] }, "REVISION_NOT_SERVED"],
		[-32602, { versions: [modernRevision] }, "REVISION_NOT_SERVED"],
	])("and may only be opened in another with a handshake: %i and %j is %s", (code, data, expected) => {
		const child = new Supervised(onlyLegacy);
		child.need();
		child.launch();
		child.refuse(code, data);
		expect(child.exits("refused")).toMatchObject([{ code: expected }]);
	});

	test("is not asked for another where it had answered, or is modern", () => {
		for (const [revision, hasAnswered] of [
			["2025-11-25", true],
			[modernRevision, false],
		] as const) {
			const child = new Supervised({ revision });
			child.need();
			child.launch();
			child.notOpened({ failure: silent, hasAnswered });
			expect(child.state.name).toBe("idle");
			expect(child.failures).toBe(1);
		}
	});
});

describe("a child that dies", () => {
	test("when it was ready is replaced at once when one is needed", () => {
		const child = new Supervised();
		child.start();
		child.die();
		expect(child.exits("down")).toEqual([died]);
		expect(child.supervision.history.lastExit).toEqual(died);
		child.pass(60_000);
		expect(child.state.name).toBe("idle");
		expect(child.need()).toEqual(["launch"]);
	});

	test("of its start is followed by the next one after a pause that doubles", () => {
		const child = new Supervised();
		child.fail(2);
		for (const pause of [250, 500, 1000]) {
			child.need();
			expect(child.state.name).toBe("waiting");
			child.pass(pause - 1);
			expect(child.state.name).toBe("waiting");
			child.pass(1);
			expect(child.state.name).toBe("queued");
			child.launch();
			child.notOpened();
		}
		expect(child.failures).toBe(5);
	});

	test("ten times in a row has failed: who needs it is refused at once, with why and when, until its pause is over", () => {
		const child = new Supervised();
		child.fail(failuresToGiveUp);
		expect(child.state.name).toBe("failed");
		expect(child.need()).toEqual(["report refused"]);
		const exit = child.exits("refused").at(-1);
		expect(exit).toMatchObject({
			code: "CHILD_EXITED",
			stderr: ["error: last words"],
		});
		expect(exit?.reason).toMatch(/10 times.*30 s.*exited with code 1/);
		child.pass(29_999);
		expect(child.need()).toEqual(["report refused"]);
		child.pass(1);
		expect(child.state.name).toBe("failed");
		expect(child.need()).toEqual(["launch"]);
	});

	test("after it was ready for 10 s begins to count anew, before that it does not", () => {
		const child = new Supervised();
		child.fail(3);
		child.start();
		child.pass(9_999);
		child.die();
		expect(child.failures).toBe(4);
		child.start();
		child.pass(10_000);
		child.die();
		expect(child.failures).toBe(1);
		expect(child.supervision.history.mustProve).toBe(false);
	});

	test("after it has answered a client is replaced at once, however often and after however short a life", () => {
		const child = new Supervised();
		for (let lives = 1; lives <= 2 * failuresToGiveUp; lives++) {
			expect(child.need()).toEqual(["launch"]);
			child.launch();
			child.open();
			child.take(asked);
			child.take(served);
			child.take(asked);
			child.die();
			expect(child.failures).toBe(0);
		}
		expect(child.commands.at(-1)).toMatchObject({
			report: { type: "down", hasServed: true },
		});
	});

	test("of every call is replaced at once, as long as it shows before that it lives", () => {
		const child = new Supervised();
		child.start();
		child.take(asked);
		child.die();
		expect(child.failures).toBe(1);
		for (let lives = 2; lives <= 2 * failuresToGiveUp; lives++) {
			expect(child.need()).toEqual(["launch"]);
			child.launch();
			expect(child.commands.at(-1)).toMatchObject({ mustProve: true });
			child.open(true);
			child.take(asked);
			child.die();
			expect(child.failures).toBe(0);
		}
	});

	test("right after its handshake waits longer and longer, and fails, whatever it is asked", () => {
		const child = new Supervised();
		for (let failures = 1; failures <= failuresToGiveUp; failures++) {
			child.start();
			child.take(asked);
			child.die();
			expect(child.failures).toBe(failures);
		}
		expect(child.state.name).toBe("failed");
	});

	test("though it shows that it lives, and is asked nothing, has failed", () => {
		const child = new Supervised({ keepUp: true });
		for (let failures = 1; failures <= failuresToGiveUp; failures++) {
			child.start(true);
			child.die();
			expect(child.failures).toBe(failures);
		}
		expect(child.state.name).toBe("failed");
	});

	test("and is kept up is started again without being asked, also after it has failed", () => {
		const child = new Supervised({ keepUp: true });
		child.start();
		child.die();
		child.pass(0);
		expect(child.state.name).toBe("queued");
		for (let failures = 2; failures <= failuresToGiveUp; failures++) {
			child.launch();
			child.notOpened();
			child.pass(30_000);
			expect(child.state.name).toBe("queued");
		}
		expect(child.failures).toBe(failuresToGiveUp);
	});

	test("since somebody killed it while it started is replaced, and who waits is told at the third time", () => {
		const child = new Supervised();
		child.need();
		for (const reports of [0, 0, 1]) {
			child.launch();
			child.notOpened({ failure: killed });
			expect(child.exits("refused")).toHaveLength(reports);
			child.pass(250);
		}
		expect(child.exits("refused")).toEqual([killed]);
		expect(child.state.name).toBe("idle");
	});
});

describe("a child that is stopped", () => {
	test("leaves nothing against the next one: a corrected entry is tried at once", () => {
		for (const keepUp of [false, true]) {
			const child = new Supervised({ keepUp });
			child.fail(failuresToGiveUp);
			child.take({ type: "stopChild" });
			if (!keepUp) child.need();
			expect(child.state.name).toBe("queued");
			expect(child.supervision.history).toEqual({
				failures: 0,
				lastExit: died,
				mustProve: false,
				hasGuessed: false,
			});
		}
	});

	test("in the pause before a start that somebody waits for does not forget who waits", () => {
		const child = new Supervised();
		child.fail(3);
		child.need();
		child.take({ type: "stopChild" });
		expect(child.state.name).toBe("queued");
		child.pass(60_000);
		expect(child.commands.filter(({ type }) => type === "launch")).toHaveLength(
			4,
		);
	});

	test("while it is opened once more is opened in the usual revision again", () => {
		const child = new Supervised();
		child.need();
		child.launch();
		child.refuse(-32602, { supported: ["2024-11-05"] });
		child.take({ type: "stopChild" });
		child.launch();
		expect(child.revisions).toEqual(["2025-11-25", "2025-11-25"]);
	});
});

test("a wall clock that is set, back or forward, moves no start", () => {
	for (const wallOffset of [-3_600_000, 3_600_000]) {
		const child = new Supervised();
		child.fail(4);
		child.wallOffset = wallOffset;
		child.need();
		expect(child.state.name).toBe("waiting");
		child.pass(999);
		expect(child.state.name).toBe("waiting");
		child.pass(1);
		expect(child.state.name).toBe("queued");
	}
});
