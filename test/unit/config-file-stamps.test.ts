import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FileStamps } from "../../src/config/file-stamps.ts";

vi.mock("node:fs/promises", { spy: true });

let folder: string;
let file: string;
let stamps: FileStamps;

beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), "config-stamps-"));
	file = join(folder, "servers.ts");
	stamps = new FileStamps();
	writeFileSync(file, "1");
	// A clock that has not ticked since the file was made.
	const stats = await stat(file, { bigint: true });
	vi.mocked(stat).mockImplementation(async () => stats);
	vi.mocked(readFile).mockClear();
});
afterEach(() => {
	vi.useRealTimers();
	vi.mocked(stat).mockReset();
	rmSync(folder, { recursive: true });
});

test("a write that does not show in size and time is told from the one before", async () => {
	const { text } = await stamps.of(file);
	writeFileSync(file, "2");
	expect((await stamps.of(file)).text).not.toBe(text);
	writeFileSync(file, "1");
	expect((await stamps.of(file)).text).toBe(text);
});

test("a file that has been left alone for a while is not read at each look", async () => {
	vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 10_000 });
	const first = await stamps.of(file);
	for (let look = 0; look < 10; look++)
		expect(await stamps.of(file)).toEqual(first);
	expect(readFile).toHaveBeenCalledTimes(1);
});
