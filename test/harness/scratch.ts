import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll } from "vitest";

/** Paths in a folder of this test file's own, which goes after its tests. */
export function scratch(): (name: string) => string {
	const folder = mkdtempSync(path.join(tmpdir(), "mcp-edge-bridge-scratch-"));
	afterAll(() => rmSync(folder, { recursive: true, force: true }));
	return (name) => path.join(folder, name);
}

/** The lines of a file; none where there is no such file. */
export function linesOf(file: string): string[] {
	const text = existsSync(file) ? readFileSync(file, "utf8") : "";
	return text.split("\n").filter((line) => line !== "");
}
