import type { Stop } from "../../protocol/wire.ts";
import { printable } from "../show-result.ts";
import type { Findings } from "./findings.ts";

/** What was found out, for people: a table of the servers, and what to change. Pure. */
export function reportText(all: readonly Findings[]): string {
	const rows = all.map((found) => rowOf(found));
	const widths = header.map((title, column) =>
		Math.max(...[title, ...rows.map((row) => row[column] ?? "")].map(widthOf)),
	);
	const table = [header, ...rows].map((row) =>
		row
			.map((cell, column) => padded(cell, widths[column] ?? 0))
			.join("  ")
			.trimEnd(),
	);
	const advice = all.flatMap(({ name, advice }) =>
		advice.length === 0
			? []
			: [
					"",
					name,
					...advice.map(({ severity, text }) => `  ${severity}: ${text}`),
				],
	);
	const details = all.flatMap((found) => detailsOf(found));
	const lines = [...table, ...advice, ...details, "", summaryOf(all)];
	return lines.map((line) => `${printable(line)}\n`).join("");
}

const header = [
	"server",
	"state",
	"start",
	"again",
	"revision",
	"tools",
	"tokens",
	"stop",
	"SIGTERM",
];

function rowOf(found: Findings): string[] {
	const { name, verdict, start, revision, tools, stop, sigterm } = found;
	return [
		name,
		verdict,
		start ? `${start.firstMs} ms` : "-",
		start?.secondMs === undefined ? "-" : `${start.secondMs} ms`,
		revision ?? "-",
		tools ? String(tools.count) : "-",
		tools ? `~${tools.tokens}` : "-",
		stop ? stopText(stop) : "-",
		sigterm
			? sigterm.ended
				? `ends, ${sigterm.ms} ms`
				: `ignored for ${sigterm.ms} ms`
			: "-",
	];
}

function stopText({ by, ms }: Stop): string {
	return `${by === "stdin-eof" ? "stdin closed" : by}, ${ms} ms`;
}

/** What a table has no room for. */
function detailsOf({ name, tools, lists, writes }: Findings): string[] {
	const lines: string[] = [];
	if (tools && tools.count > 0) {
		const largest = tools.largest.map(
			({ name, tokens }) => `${name} ~${tokens}`,
		);
		lines.push(
			`  tools: ${tools.bytes} bytes, ${tools.modelBytes} of them name, description and inputSchema; largest: ${largest.join(", ")}`,
		);
	}
	const others = Object.entries(lists).flatMap(([method, list]) =>
		method !== "tools/list" && "count" in list
			? [`${method} ${list.count}`]
			: [],
	);
	if (others.length > 0) lines.push(`  ${others.join(", ")}`);
	if (writes) {
		lines.push(
			`  writes at once: ${"calls" in writes ? `${writes.kept} of ${writes.calls} kept` : `not tried, ${writes.skipped}`}`,
		);
	}
	return lines.length > 0 ? ["", `${name}:`, ...lines] : [];
}

function summaryOf(all: readonly Findings[]): string {
	const count = (verdict: Findings["verdict"]) =>
		all.filter((found) => found.verdict === verdict).length;
	return `${all.length} ${all.length === 1 ? "server" : "servers"}: ${count("ok")} ok, ${count("warning")} with warnings, ${count("error")} with errors, ${count("failed")} failed (tokens are bytes / 4)`;
}

/** In characters: names may have any. */
function widthOf(text: string): number {
	return [...text].length;
}

function padded(text: string, width: number): string {
	return text + " ".repeat(Math.max(0, width - widthOf(text)));
}
