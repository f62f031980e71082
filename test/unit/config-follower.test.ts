import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
	ConfigError,
	type ConfigErrorCode,
} from "../../src/config/config-error.ts";
import { ConfigFollower } from "../../src/config/config-follower.ts";

/** A config in a file that tests write, and what became of it. */
class Scene {
	file = "0";
	/** What was read last. */
	read = "0";
	/** How long a reading takes, in ms. */
	loadMs = 0;
	readings = 0;
	readonly faults = new Map<string, ConfigErrorCode>();
	reason = "is wrong";
	readonly hanging = new Set<string>();
	readonly outcomes: string[] = [];
	readonly follower = new ConfigFollower<string>(
		{
			isCurrent: async () => this.file === this.read,
			read: (signal) => this.#read(signal),
		},
		{
			taken: (text) => this.outcomes.push(text),
			failed: (error) => this.outcomes.push((error as Error).message),
			givenUp: () => this.outcomes.push("given up"),
		},
	);

	async #read(signal?: AbortSignal): Promise<string> {
		this.readings++;
		const text = this.file;
		this.read = text;
		await new Promise<void>((fulfil, reject) => {
			if (!this.hanging.has(text)) setTimeout(fulfil, this.loadMs);
			signal?.addEventListener("abort", () => reject(new Error("aborted")));
		});
		const code = this.faults.get(text);
		if (code) throw new ConfigError(code, `${text} ${this.reason}`);
		return text;
	}

	/** Writes the file; the event comes at once. */
	write(text: string): void {
		this.file = text;
		this.follower.look();
	}
}

let scene: Scene;
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
	vi.useFakeTimers();
	scene = new Scene();
});
afterEach(() => {
	scene.follower.close();
	vi.useRealTimers();
});

test("events without a change read nothing", async () => {
	for (let count = 0; count < 5; count++) {
		scene.follower.look();
		await pass(300);
	}
	expect(scene.readings).toBe(0);
});

test("an edit in a folder that is never quiet is read as soon as any other", async () => {
	for (let count = 0; count < 100; count++) {
		scene.follower.look();
		await pass(50);
	}
	scene.write("1");
	await pass(200);
	expect(scene.outcomes).toEqual(["1"]);
});

test("a burst of edits is read once, and a stream of them does not put it off", async () => {
	for (const text of ["1", "2", "3"]) scene.write(text);
	await pass(200);
	expect(scene.outcomes).toEqual(["3"]);
	await pass(5000);
	for (let edit = 4; edit < 50; edit++) {
		scene.write(String(edit));
		await pass(50);
	}
	expect(scene.readings).toBeGreaterThan(2);
	await pass(5000);
	expect(scene.outcomes.at(-1)).toBe("49");
});

test("an edit while an older one is read is taken after it, without an event", async () => {
	scene.loadMs = 1000;
	scene.write("1");
	await pass(500);
	scene.file = "2";
	await pass(5000);
	expect(scene.outcomes).toEqual(["1", "2"]);
});

test("one reading follows, however many edits came while an older one was read", async () => {
	scene.loadMs = 1000;
	scene.write("1");
	await pass(200);
	for (let edit = 2; edit < 10; edit++) {
		scene.write(String(edit));
		await pass(50);
	}
	await pass(5000);
	expect(scene.outcomes).toEqual(["1", "9"]);
});

test("half of a write is no failure where the rest has come when it is noticed", async () => {
	scene.faults.set("{ ha", "CONFIG_NOT_LOADABLE");
	scene.loadMs = 200;
	scene.write("{ ha");
	await pass(150);
	scene.file = "half";
	await pass(2000);
	expect(scene.outcomes).toEqual(["half"]);
});

test("half of a write is a failure where the rest comes late, and the rest is taken", async () => {
	scene.faults.set("{ ha", "CONFIG_NOT_LOADABLE");
	scene.write("{ ha");
	await pass(500);
	scene.write("half");
	await pass(500);
	expect(scene.outcomes).toEqual(["{ ha is wrong", "half"]);
});

test("what cannot be loaded is told once, and tried again with growing pauses", async () => {
	scene.faults.set("1", "CONFIG_NOT_LOADABLE");
	// As the watcher does.
	const timer = setInterval(() => scene.follower.look(), 2000);
	scene.write("1");
	await pass(400_000);
	expect(scene.outcomes).toEqual(["1 is wrong"]);
	expect(scene.readings).toBeLessThan(15);
	scene.faults.clear();
	await pass(65_000);
	expect(scene.outcomes).toEqual(["1 is wrong", "1"]);
	const { readings } = scene;
	await pass(100_000);
	expect(scene.readings).toBe(readings);
	clearInterval(timer);
});

test("what takes too long is tried again a few times only", async () => {
	scene.faults.set("1", "CONFIG_TIMED_OUT");
	const timer = setInterval(() => scene.follower.look(), 2000);
	scene.write("1");
	await pass(400_000);
	clearInterval(timer);
	expect(scene.outcomes).toEqual(["1 is wrong"]);
	expect(scene.readings).toBe(4);
});

test("what another try fails on for another reason is told too", async () => {
	scene.faults.set("1", "CONFIG_NOT_LOADABLE");
	scene.write("1");
	await pass(5000);
	scene.reason = "is wrong elsewhere";
	for (let count = 0; count < 20; count++) {
		scene.follower.look();
		await pass(2000);
	}
	expect(scene.outcomes).toEqual(["1 is wrong", "1 is wrong elsewhere"]);
});

test("what is wrong in the file itself is not read again until it changes", async () => {
	scene.faults.set("1", "CONFIG_INVALID");
	scene.write("1");
	for (let count = 0; count < 100; count++) {
		await pass(2000);
		scene.follower.look();
	}
	expect(scene.outcomes).toEqual(["1 is wrong"]);
	expect(scene.readings).toBe(1);
	scene.write("2");
	await pass(200);
	expect(scene.outcomes.at(-1)).toBe("2");
});

test("a reading that never ends is given up for a later edit", async () => {
	scene.hanging.add("1");
	scene.write("1");
	await pass(200);
	scene.write("2");
	for (let count = 0; count < 4; count++) {
		await pass(2000);
		scene.follower.look();
	}
	await pass(300);
	expect(scene.outcomes).toEqual(["given up", "2"]);
});

test("a reading that takes long is left alone while the file is the same", async () => {
	scene.loadMs = 20_000;
	scene.write("1");
	for (let count = 0; count < 11; count++) {
		await pass(2000);
		scene.follower.look();
	}
	expect(scene.outcomes).toEqual(["1"]);
});

test("who asks is served without a change, also while a reading is under way", async () => {
	scene.loadMs = 1000;
	scene.follower.readAnyway();
	await pass(500);
	scene.follower.readAnyway();
	await pass(5000);
	expect(scene.outcomes).toEqual(["0", "0"]);
	expect(scene.readings).toBe(2);
});

test("nothing is told after close", async () => {
	scene.loadMs = 1000;
	scene.write("1");
	await pass(500);
	scene.follower.close();
	scene.write("2");
	await pass(5000);
	expect(scene.outcomes).toEqual([]);
	expect(scene.readings).toBe(1);
});
