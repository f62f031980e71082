import { readFileSync } from "node:fs";
import path from "node:path";
import { Command } from "commander";
import { expect, test } from "vitest";
import { addOptions } from "../../src/cli/options.ts";
import { root } from "../harness/runtimes.ts";
import { differences } from "../mcp-proxy/differences.ts";

const page = readFileSync(
	path.join(root, "docs/migrating-from-mcp-proxy.md"),
	"utf8",
);

test("docs/migrating-from-mcp-proxy.md lists the differences that the comparison finds, and no others", () => {
	const [, table = ""] =
		/\| what \| there \| here \|\n\|---\|---\|---\|\n((?:\|.*\n)+)/.exec(
			page,
		) ?? [];
	const rows = Object.entries(differences).map(
		([what, { there, here }]) => `| ${what} | ${there} | ${here} |`,
	);
	expect(table.trimEnd().split("\n")).toEqual(rows);
});

test("it names every flag that mcp-proxy has", () => {
	const program = new Command();
	addOptions(program);
	// Those that mcp-proxy does not have are in docs/commands.md.
	const own = [
		"--config",
		"--strict",
		"--no-watch",
		"--log-format",
		"--base-path",
		"--default-server",
		"--warm",
	];
	const flags = program.options.map(({ long }) => long ?? "");
	expect(flags.length).toBeGreaterThan(30);
	for (const flag of flags.filter((flag) => !own.includes(flag)))
		expect(page).toContain(`\`${flag}`.replace(/`$/, ""));
});
