import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
	type ConfigWatcher,
	watchConfig,
} from "../../src/config/watch-config.ts";

let folder: string;
let file: string;
let watcher: ConfigWatcher;
let calls: number;
let changed: () => void;

beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), "config-watch-"));
	file = join(folder, "servers.ts");
	calls = 0;
	changed = () => {};
});
afterEach(async () => {
	await watcher.close();
	rmSync(folder, { recursive: true });
});

async function start() {
	watcher = watchConfig(file, () => {
		calls++;
		changed();
	});
	await watcher.ready;
}
/** Fulfilled by the next report. */
function report(act: () => void): Promise<void> {
	const next = new Promise<void>((fulfil) => {
		changed = fulfil;
	});
	act();
	return next;
}
function replace(text: string) {
	writeFileSync(`${file}.tmp`, text);
	renameSync(`${file}.tmp`, file);
}

test("a file that is replaced again and again, as editors save, is reported each time", async () => {
	writeFileSync(file, "0");
	await start();
	for (const text of ["1", "2", "3"]) await report(() => replace(text));
	await report(() => writeFileSync(file, "4"));
	expect(calls).toBe(4);
});

test("a burst of changes is one report, and other files are none", async () => {
	writeFileSync(file, "0");
	await start();
	await report(() => {
		writeFileSync(join(folder, "other.ts"), "0");
		for (const text of ["1", "2", "3"]) replace(text);
	});
	// Were there more reports of the burst, they would come before this one.
	await report(() => replace("4"));
	expect(calls).toBe(2);
});

test("a file that is removed and made again is reported", async () => {
	writeFileSync(file, "0");
	await start();
	await report(() => rmSync(file));
	await report(() => writeFileSync(file, "1"));
	expect(calls).toBe(2);
});

test("a file that is made after the start is reported", async () => {
	await start();
	await report(() => writeFileSync(file, "1"));
	expect(calls).toBe(1);
});

test("nothing is reported after close", async () => {
	writeFileSync(file, "0");
	await start();
	writeFileSync(file, "1");
	await watcher.close();
	const mine = calls;
	const second = watchConfig(file, () => changed());
	await second.ready;
	await report(() => replace("2"));
	await second.close();
	expect(mine).toBe(0);
	expect(calls).toBe(0);
});
