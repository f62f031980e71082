import { describe, expect, test } from "vitest";
import { Audience } from "../../src/protocol/audience.ts";

type Client = "A" | "B" | "C";

describe("log levels", () => {
	test("the child has to be set to the most verbose level that any client set", () => {
		const audience = new Audience<Client>();
		expect(audience.level).toBeUndefined();
		audience.setLevel("A", "error");
		expect(audience.level).toBe("error");
		audience.setLevel("B", "debug");
		audience.setLevel("C", "emergency");
		expect(audience.level).toBe("debug");
		audience.setLevel("B", "warning");
		expect(audience.level).toBe("warning");
		audience.leave("B");
		expect(audience.level).toBe("error");
	});

	test("a client's own level admits what is as severe or more", () => {
		const audience = new Audience<Client>();
		audience.setLevel("A", "warning");
		const admitted = [
			"debug",
			"info",
			"notice",
			"warning",
			"error",
			"critical",
			"alert",
			"emergency",
		].filter((level) => audience.admits("A", level));
		expect(admitted).toEqual([
			"warning",
			"error",
			"critical",
			"alert",
			"emergency",
		]);
	});

	test("a client that set none gets everything, one that set any gets nothing of an unknown severity", () => {
		const audience = new Audience<Client>();
		audience.setLevel("A", "debug");
		expect(audience.admits("B", "debug")).toBe(true);
		expect(audience.admits("B", undefined)).toBe(true);
		expect(audience.admits("A", "nonsense")).toBe(false);
		expect(audience.admits("A", undefined)).toBe(false);
	});

	test("an unknown level is not noted", () => {
		const audience = new Audience<Client>();
		audience.setLevel("A", "verbose");
		expect(audience.level).toBeUndefined();
		expect(audience.admits("A", "debug")).toBe(true);
	});
});

describe("subscriptions", () => {
	test("end at the child only with the last client that holds them", () => {
		const audience = new Audience<Client>();
		audience.subscribe("A", "x:1");
		audience.subscribe("B", "x:1");
		audience.subscribe("B", "x:1");
		expect(audience.subscriptions).toEqual(["x:1"]);
		expect(audience.unsubscribe("A", "x:1")).toBe(false);
		expect(audience.unsubscribe("B", "x:1")).toBe(true);
		expect(audience.subscriptions).toEqual([]);
	});

	test("one that nobody holds is the child's to judge", () => {
		expect(new Audience<Client>().unsubscribe("A", "x:1")).toBe(true);
	});

	test("a client that unsubscribes from what others hold does not end theirs", () => {
		const audience = new Audience<Client>();
		audience.subscribe("A", "x:1");
		expect(audience.unsubscribe("B", "x:1")).toBe(false);
		expect(audience.subscribersOf("x:1")).toEqual(new Set(["A"]));
	});

	test("an update goes to subscribers of the URI and of what it lies under, once, and to nobody else", () => {
		const audience = new Audience<Client>();
		audience.subscribe("A", "file:///a");
		audience.subscribe("A", "file:///a/b");
		audience.subscribe("B", "file:///a/b/");
		audience.subscribe("C", "file:///ab");
		expect(audience.subscribersOf("file:///a")).toEqual(new Set(["A"]));
		expect(audience.subscribersOf("file:///a/b/c")).toEqual(
			new Set(["A", "B"]),
		);
		expect(audience.subscribersOf("file:///abc")).toEqual(new Set());
	});

	test("who leaves names those that nobody holds any more, and no others", () => {
		const audience = new Audience<Client>();
		audience.subscribe("A", "x:1");
		audience.subscribe("A", "x:2");
		audience.subscribe("B", "x:2");
		audience.subscribe("B", "x:3");
		expect(audience.leave("A")).toEqual(["x:1"]);
		expect(audience.leave("A")).toEqual([]);
		expect(audience.subscriptions).toEqual(["x:2", "x:3"]);
	});
});
