import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { loadConfigApart } from "../../src/config/load-config-apart.ts";

let folder: string;
let file: string;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "config-apart-"));
	file = join(folder, "servers.ts");
	writeFileSync(
		file,
		"await new Promise((fulfil) => setInterval(() => {}, 1000));",
	);
	vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
	vi.useRealTimers();
	rmSync(folder, { recursive: true });
});

test("a config that does not come to its end is given up after 30 s", async () => {
	const { signal } = new AbortController();
	const loading = loadConfigApart(file, { files: new Set(), signal });
	const outcome = expect(loading).rejects.toMatchObject({
		code: "CONFIG_TIMED_OUT",
		message: expect.stringMatching(/servers\.ts.* within 30 s/),
	});
	await vi.advanceTimersByTimeAsync(30_000);
	await outcome;
});

test("a JSON file of servers is read in the same way, its warnings with it", async () => {
	const json = join(folder, "servers.json");
	const a = { command: "a", unknown: 1 };
	writeFileSync(json, JSON.stringify({ mcpServers: { a } }));
	const { signal } = new AbortController();
	const source = { file: json, env: {}, named: [], passEnvironment: false };
	const { config, warnings } = await loadConfigApart(source, {
		files: new Set(),
		signal,
	});
	expect(config.servers.a?.command).toBe("a");
	expect(warnings.join()).toContain("unknown");
	const abort = new AbortController();
	const loading = loadConfigApart(source, {
		files: new Set(),
		signal: abort.signal,
	});
	abort.abort();
	await expect(loading).rejects.toMatchObject({ code: "CONFIG_TIMED_OUT" });
});

test("a config that nobody waits for any more is given up at once", async () => {
	const abort = new AbortController();
	const { signal } = abort;
	const loading = loadConfigApart(file, { files: new Set(), signal });
	const outcome = expect(loading).rejects.toMatchObject({
		code: "CONFIG_TIMED_OUT",
	});
	abort.abort();
	await outcome;
});
