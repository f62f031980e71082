import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { bridgeCommand, root, runtimeName } from "../harness/runtimes.ts";

const folder = mkdtempSync(path.join(tmpdir(), "mcp-edge-bridge-start-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The project's own way to start the bridge, as the README gives it for each runtime. */
const scripts: Record<string, [string, ...string[]]> = {
	node: ["npm", "start", "--"],
	bun: ["bun", "run", "start"],
	deno: ["deno", "task", "serve"],
};

test("the start script runs the default config under this runtime, and ends by a signal", async () => {
	const name = runtimeName.replace(/\d+$/, "");
	const script = scripts[name];
	if (!script) throw new Error(`No start script for ${name}`);
	symlinkSync(bridgeCommand()[0], path.join(folder, name));
	const [command, ...args] = script;
	const child = spawn(command, [...args, "--port", "0"], {
		cwd: root,
		// What comes first on PATH is what somebody has who uses this runtime.
		env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
		// A group, as of a terminal: its interrupt reaches the script and the bridge alike.
		detached: true,
		stdio: ["ignore", "pipe", "inherit"],
	});
	const ended = new Promise((resolve) => child.on("close", resolve));
	let output = "";
	const announced = new Promise<void>((resolve) => {
		child.stdout.setEncoding("utf8").on("data", (text: string) => {
			output += text;
			if (output.includes("/servers/everything/sse")) resolve();
		});
	});
	await Promise.race([
		announced,
		ended.then((code) => {
			throw new Error(`It ended with ${code}: ${output}`);
		}),
	]);
	try {
		const runtime = name[0]?.toUpperCase() + name.slice(1);
		expect(output).toContain(` on ${runtime} `);
		const version = runtimeName.slice(name.length);
		if (version) expect(output).toContain(` on ${runtime} ${version}.`);
		for (const server of ["filesystem", "memory", "everything"]) {
			const url = new RegExp(`http://\\S+/servers/${server}/mcp`).exec(output);
			const response = await fetch(String(url?.[0]), {
				method: "POST",
				headers: { accept: "application/json" },
				body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
			});
			const { result } = (await response.json()) as {
				result: { tools: unknown[] };
			};
			expect(result.tools.length).toBeGreaterThan(5);
		}
	} finally {
		process.kill(-Number(child.pid), "SIGINT");
		await ended;
	}
});
