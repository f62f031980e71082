import { expect, test } from "vitest";
import { childEnvironment } from "../../src/spawn/process/environment.ts";

const own = {
	PATH: "/bin",
	HOME: "/home/x",
	LANG: "C.UTF-8",
	GITHUB_TOKEN: "secret",
	OTHER: "o",
	EMPTY: "",
	UNSET: undefined,
	MCP_EDGE_BRIDGE_KEY: "the bridge's own",
};

test("a child gets what a program needs to run, and nothing else of the bridge's environment", () => {
	expect(childEnvironment(own, [], {})).toEqual({
		PATH: "/bin",
		HOME: "/home/x",
		LANG: "C.UTF-8",
	});
});

test("inheritEnv adds the variables it names, also empty ones, and none that is not set", () => {
	expect(
		childEnvironment(own, ["OTHER", "EMPTY", "UNSET", "MISSING"], {}),
	).toEqual({
		PATH: "/bin",
		HOME: "/home/x",
		LANG: "C.UTF-8",
		OTHER: "o",
		EMPTY: "",
	});
});

test("inheritEnv: true hands over everything but the bridge's own secrets", () => {
	expect(childEnvironment(own, true, {})).toEqual({
		PATH: "/bin",
		HOME: "/home/x",
		LANG: "C.UTF-8",
		GITHUB_TOKEN: "secret",
		OTHER: "o",
		EMPTY: "",
	});
});

test("the bridge's own secrets reach no child, whatever inheritEnv names", () => {
	expect(
		Object.keys(childEnvironment(own, ["MCP_EDGE_BRIDGE_KEY"], {})),
	).not.toContain("MCP_EDGE_BRIDGE_KEY");
});

test("the entry's own env stands over all of it", () => {
	expect(
		childEnvironment(own, ["OTHER"], { PATH: "/mine", OTHER: "", NEW: "n" }),
	).toMatchObject({ PATH: "/mine", OTHER: "", NEW: "n", HOME: "/home/x" });
});

test("a name that every object has is no variable of the environment", () => {
	expect(childEnvironment(own, ["toString", "constructor"], {})).toEqual(
		childEnvironment(own, [], {}),
	);
});
