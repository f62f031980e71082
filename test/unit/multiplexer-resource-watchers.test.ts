import { expect, test } from "vitest";
import { ResourceWatchers } from "../../src/multiplex/resource-watchers.ts";

/** Watchers by their names, of resources. */
function watchersOf(watched: [watcher: string, uri: string][]) {
	const watchers = new ResourceWatchers<string>();
	for (const [watcher, uri] of watched) watchers.add(uri, watcher);
	return watchers;
}

test("a resource is watched until the last one who watches it has stopped, however often he began", () => {
	const watchers = watchersOf([
		["A", "x:1"],
		["B", "x:1"],
		["B", "x:1"],
	]);
	expect(watchers.uris).toEqual(["x:1"]);
	expect(watchers.remove("x:1", "A")).toBe(false);
	expect(watchers.has("x:1")).toBe(true);
	expect(watchers.remove("x:1", "B")).toBe(true);
	expect(watchers.has("x:1")).toBe(false);
	expect(watchers.uris).toEqual([]);
});

test("one that nobody watches may be stopped, and who does not watch ends nothing for others", () => {
	const watchers = watchersOf([["A", "x:1"]]);
	expect(watchers.remove("x:2", "A")).toBe(true);
	expect(watchers.remove("x:1", "B")).toBe(false);
	expect(watchers.of("x:1")).toEqual(new Set(["A"]));
});

test("all who watch a resource can be forgotten at once", () => {
	const watchers = watchersOf([
		["A", "x:1"],
		["B", "x:1"],
		["B", "x:2"],
	]);
	expect(watchers.removeAll("x:1")).toEqual(["A", "B"]);
	expect(watchers.removeAll("x:1")).toEqual([]);
	expect(watchers.uris).toEqual(["x:2"]);
});

test.each<[uri: string, heard: string[]]>([
	["file:///a", ["A"]],
	["file:///a/b", ["A"]],
	["file:///a/b/c", ["A", "B"]],
	["file:///ab", ["C"]],
	["file:///abc", []],
	["file:///", []],
])("an update of %s goes to who watches it or what it lies under, once, and to nobody else: %j", (uri, heard) => {
	const watchers = watchersOf([
		["A", "file:///a"],
		["A", "file:///a/b"],
		["B", "file:///a/b/"],
		["C", "file:///ab"],
	]);
	expect(watchers.of(uri)).toEqual(new Set(heard));
});
