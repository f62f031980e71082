import { describe, expect, test } from "vitest";
import { compatibilityPage } from "../interop/compatibility-page.ts";
import {
	hasFailed,
	type Outcome,
	passed,
	takeSteps,
} from "../interop/outcome.ts";

const outcome = (more: Partial<Outcome>): Outcome => ({
	client: "A client",
	version: "1.0.0",
	page: "python.md",
	date: "2026-11-27",
	transport: "/mcp",
	steps: {},
	...more,
});
const page = (...outcomes: Outcome[]) => compatibilityPage(outcomes);
const rowsOf = (text: string) =>
	text.split("\n").filter((line) => line.startsWith("| [A client]"));

describe("the outcome of a client", () => {
	test("a step that fails fails the client, and the ones after it are taken all the same", async () => {
		const steps = await takeSteps([
			["list", async () => passed],
			["call", () => Promise.reject(new Error("another text"))],
			["progress", async () => passed],
		]);
		expect(steps).toEqual({
			list: passed,
			call: { kind: "failed", reason: "another text" },
			progress: passed,
		});
		expect(hasFailed(outcome({ steps }))).toBe(true);
		expect(page(outcome({ steps }))).toContain(
			"- A client 1.0.0, `/mcp`: ✗ call: another text.",
		);
	});

	test("without a list nothing else is tried", async () => {
		const steps = await takeSteps([
			["list", () => Promise.reject(new Error("no connection"))],
			["call", async () => passed],
		]);
		expect(Object.keys(steps)).toEqual(["list"]);
	});

	test("a client that cannot be installed has neither passed nor failed", () => {
		const one = outcome({ notTried: "pip has no such version" });
		expect(hasFailed(one)).toBe(false);
		const text = page(one);
		expect(rowsOf(text)).toHaveLength(1);
		expect(rowsOf(text).join()).not.toContain("✓");
		expect(text).toContain("not tried: pip has no such version.");
	});

	test("what a client has no place for is no failure", () => {
		const steps = {
			list: passed,
			progress: { kind: "not there", reason: "it has no place for it" },
		} as const;
		expect(hasFailed(outcome({ steps }))).toBe(false);
		expect(rowsOf(page(outcome({ steps }))).join()).toMatch(/✓.*–/);
	});
});
