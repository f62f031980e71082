import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

const source = new URL("../../src/", import.meta.url).pathname;

/** Each file of src with those that it imports, types included. */
const files = new Map(
	readdirSync(source, { recursive: true, encoding: "utf8" })
		.filter((path) => path.endsWith(".ts"))
		.map((path) => [path, importsOf(path)]),
);

function importsOf(path: string): string[] {
	const text = readFileSync(join(source, path), "utf8");
	return [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+\.ts)"/g)].map(
		([, imported = ""]) => normalize(join(dirname(path), imported)),
	);
}

/** The first circle that is found, from its first member back to it; empty where there is none. */
function circleIn(graph: ReadonlyMap<string, readonly string[]>): string[] {
	const done = new Set<string>();
	const visit = (node: string, path: readonly string[]): string[] => {
		if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
		if (done.has(node)) return [];
		for (const next of graph.get(node) ?? []) {
			const circle = visit(next, [...path, node]);
			if (circle.length > 0) return circle;
		}
		done.add(node);
		return [];
	};
	for (const node of graph.keys()) {
		const circle = visit(node, []);
		if (circle.length > 0) return circle;
	}
	return [];
}

/** The folder at the top that a file is in. */
function folderOf(path: string): string {
	return path.includes("/") ? (path.split("/", 1)[0] ?? "") : ".";
}

test("no file of src imports itself by way of others", () => {
	expect(files.size).toBeGreaterThan(100);
	expect(circleIn(files)).toEqual([]);
});

test("no folder of src does either", () => {
	const folders = new Map<string, string[]>();
	for (const [path, imported] of files) {
		const folder = folderOf(path);
		// What stands at the top joins the folders.
		if (folder === ".") continue;
		const others = imported
			.map(folderOf)
			.filter((other) => other !== folder && other !== ".");
		folders.set(folder, [...(folders.get(folder) ?? []), ...others]);
	}
	expect(circleIn(folders)).toEqual([]);
});

test("a circle is found", () => {
	const graph = new Map([
		["a", ["b"]],
		["b", ["c", "d"]],
		["d", ["a"]],
	]);
	expect(circleIn(graph)).toEqual(["a", "b", "d", "a"]);
});
