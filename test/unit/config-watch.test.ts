import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
	type ConfigWatcher,
	watchConfig,
} from "../../src/config/watch-config.ts";

let folder: string;
let file: string;
let watcher: ConfigWatcher | undefined;
let woken: () => void;
let errors: unknown[];

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "config-watch-"));
	file = join(folder, "servers.ts");
	woken = () => {};
	errors = [];
	// What is left are the events.
	vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
});
afterEach(() => {
	watcher?.close();
	vi.useRealTimers();
	rmSync(folder, { recursive: true, force: true });
});

function start() {
	watcher = watchConfig(
		file,
		() => woken(),
		(error) => errors.push(error),
	);
}
/** Fulfilled when something wakes after the act. */
function wakes(act: () => void): Promise<void> {
	const next = new Promise<void>((fulfil) => {
		woken = fulfil;
	});
	act();
	return next;
}
function replace(text: string) {
	writeFileSync(`${file}.tmp`, text);
	renameSync(`${file}.tmp`, file);
}

test.each([
	["made", undefined, () => writeFileSync(file, "1")],
	["replaced by another", "0", () => replace("1")],
	["written in place", "0", () => writeFileSync(file, "1")],
	["removed", "0", () => rmSync(file)],
])("a file that is %s wakes", async (_how, before, act) => {
	if (before !== undefined) writeFileSync(file, before);
	await wakes(start);
	// The events begin with a look of their own.
	await wakes(() => {});
	await wakes(act);
	expect(errors).toEqual([]);
});

test("it wakes at once, and every 2 s without an event", async () => {
	file = join(folder, "missing", "servers.ts");
	let count = 0;
	woken = () => count++;
	start();
	expect(count).toBe(1);
	await vi.advanceTimersByTimeAsync(6000);
	expect(count).toBeGreaterThanOrEqual(4);
});

test("nothing wakes after close", async () => {
	let count = 0;
	woken = () => count++;
	start();
	watcher?.close();
	const before = count;
	let other: ConfigWatcher | undefined;
	await new Promise<void>((fulfil) => {
		let isFirst = true;
		other = watchConfig(
			file,
			() => {
				if (!isFirst) fulfil();
				isFirst = false;
			},
			() => {},
		);
		replace("1");
	});
	await vi.advanceTimersByTimeAsync(6000);
	other?.close();
	expect(count).toBe(before);
});
