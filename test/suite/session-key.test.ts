import { expect, test } from "vitest";
import { fixture, startBridge } from "../harness/start-bridge.ts";

/** The key for sessions as its user gives it. */

const servers = { strict: fixture("strict", ["go"]) };
const short = "hunter2-hunter2-hunter2-hunter2";

test.each([
	["in the config", "sessionKey", { sessionKey: short }, {}],
	[
		"in the environment",
		"MCP_EDGE_BRIDGE_SESSION_KEY",
		{},
		{ MCP_EDGE_BRIDGE_SESSION_KEY: short },
	],
] as const)("one %s that is too short is exit code 2, is named and is not shown", async (_place, name, options, env) => {
	const started = startBridge({ servers, ...options }, { env });
	const said = await started.then(
		() => "it has started",
		(error: Error) => error.message,
	);
	expect(said).toMatch(/it ended with code 2\n/);
	expect(said).toContain(name);
	expect(said).toContain("a secret text of at least 32 characters");
	expect(said).not.toContain("hunter2");
});
