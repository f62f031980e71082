import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { runCommand } from "../harness/run-command.ts";
import { scratch } from "../harness/scratch.ts";
import { fixture } from "../harness/start-bridge.ts";

/** What commands print, and their exit codes; see commands-processes for what the runtime has a part in. */

const at = scratch();
const servers = {
	everything: fixture("everything"),
	verbatim: fixture("verbatim"),
	dies: { command: process.execPath, args: ["-e", "process.exit(3)"] },
	off: { command: "absent", enabled: false },
};
const file = at("servers.json");
writeFileSync(file, JSON.stringify({ mcpServers: servers }));
const common = ["--named-server-config", file];

test.each([
	"doctor",
	"clients",
	"tools",
	"call",
])("%s --help has an example, and its exit codes or what goes where", async (command) => {
	const { code, stdout } = await runCommand([command, "--help"]);
	expect(code).toBe(0);
	expect(stdout).toMatch(
		new RegExp(`Example:\n  mcp-edge-bridge ${command}\\b`),
	);
});

describe("call", () => {
	test("--json keeps every number as it was written, both ways", async () => {
		const numbers = '"n":12345678901234567890,"f":1.0';
		const call = (tool: string, input: string) =>
			runCommand(["call", "verbatim", tool, input, "--json", ...common]);
		const received = await call("received", `{${numbers}}`);
		const { result } = JSON.parse(received.stdout);
		expect(result.content[0].text).toContain(`{${numbers}}`);
		const answer = `{"jsonrpc":"2.0","id":$ID,"result":{${numbers}}}\n`;
		const said = await call("say", JSON.stringify({ text: answer }));
		expect(said.stdout).toBe(`{"result":{${numbers}}}\n`);
	});

	test.each([
		[["everything", "fail", "message=no"], 1, /^$/],
		[["dies", "echo"], 1, /code 3/],
		[["off", "echo"], 2, /Server "off" is off/],
		[["evrything", "echo"], 2, /did you mean "everything"/],
		[
			["everything", "echo", "message"],
			2,
			/neither a JSON object nor key=value/,
		],
		[["everything", "echo", "{"], 2, /no JSON/],
		[
			["everything", "echo", "--url", "http://127.0.0.1:1"],
			2,
			/Cannot ask http:\/\/127\.0\.0\.1:1\/servers\/everything\/mcp/,
		],
	])("%j ends with code %i", async (args, code, reason) => {
		const outcome = await runCommand(["call", ...common, ...args]);
		expect(outcome).toMatchObject({
			code,
			stderr: expect.stringMatching(reason),
		});
	});
});

test("tools lists names, parameters and descriptions; --json prints the list as it came", async () => {
	const { code, stdout } = await runCommand(["tools", "everything", ...common]);
	expect(code).toBe(0);
	expect(stdout).toMatch(/^echo \[message=string\]$/m);
	const json = await runCommand(["tools", "everything", "--json", ...common]);
	const { tools } = JSON.parse(json.stdout);
	expect(tools.map(({ name }: { name: string }) => name)).toContain("echo");
	expect(tools[0].inputSchema.type).toBe("object");
});

test("clients prints the snippet alone to stdout, for the servers that are on and the address of the config", async () => {
	const args = ["clients", "vscode", ...common, "--port", "9000"];
	const { code, stdout, stderr } = await runCommand(args);
	const url = "http://127.0.0.1:9000/servers/everything/mcp";
	const { servers } = JSON.parse(stdout);
	expect(code).toBe(0);
	expect(servers.everything).toEqual({ type: "http", url });
	expect(servers).not.toHaveProperty("off");
	expect(stderr).toContain(".vscode/mcp.json");
	const unknown = await runCommand(["clients", "vscod", ...common]);
	expect(unknown).toMatchObject({ code: 2, stdout: "" });
	expect(unknown.stderr).toContain("litellm");
});

test("complete prints a script for a shell, and what may stand at a place", async () => {
	const script = await runCommand(["complete", "bash"]);
	expect(script).toMatchObject({ code: 0, stderr: "" });
	expect(script.stdout).toContain("mcp-edge-bridge");
	const words = async (...typed: string[]) =>
		(await runCommand(["complete", "--", ...typed])).stdout
			.split("\n")
			.map((line) => line.split("\t")[0]);
	expect(await words("cl")).toContain("clients");
	expect(await words("clients", "lite")).toContain("litellm");
	expect(await words("doctor", "--de")).toContain("--deep");
});
