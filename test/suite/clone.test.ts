import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	realpathSync,
	rmSync,
	symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { eventually, groupMembers } from "../harness/processes.ts";
import { messagesOf, post } from "../harness/raw-http.ts";
import { availableRuntimes, bridgeCommand, root } from "../harness/runtimes.ts";

/** What somebody gets who clones the repository, installs and starts it as it is. */

const folder = realpathSync(
	mkdtempSync(path.join(tmpdir(), "mcp-edge-bridge-clone-")),
);

beforeAll(() => {
	// What a commit of everything would hold: nothing that is ignored, nothing that was made by running.
	const files = execFileSync(
		"git",
		["ls-files", "--cached", "--others", "--exclude-standard", "-z"],
		{ cwd: root, encoding: "utf8" },
	);
	for (const file of files.split("\0")) {
		if (file === "" || !existsSync(path.join(root, file))) continue;
		mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
		cpSync(path.join(root, file), path.join(folder, file));
	}
	symlinkSync(
		path.join(root, "node_modules"),
		path.join(folder, "node_modules"),
	);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const running = new Set<ChildProcess>();
afterEach(() => {
	for (const { pid } of running) {
		if (pid === undefined) continue;
		for (const member of groupMembers(pid)) process.kill(member, "SIGKILL");
	}
	running.clear();
});

/** Starts it and has every server of the default config list its tools. */
async function serve(
	command: string,
	args: readonly string[],
): Promise<string> {
	const child = spawn(command, args, {
		cwd: folder,
		env: { ...process.env, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
		stdio: ["ignore", "pipe", "pipe"],
		// A group of its own, since npm stands between us and the bridge.
		detached: true,
	});
	running.add(child);
	let output = "";
	let over = false;
	for (const stream of [child.stdout, child.stderr]) {
		stream.setEncoding("utf8").on("data", (text: string) => {
			output += text;
		});
	}
	child.on("close", () => {
		over = true;
	});
	const [line, url] = await eventually(
		() => {
			if (over) throw new Error(`It has ended: ${output}`);
			return (
				/^mcp-edge-bridge .* is listening on (\S+)$/m.exec(output) ?? undefined
			);
		},
		() => `it listens: ${output}`,
		90_000,
	);
	const text = readFileSync(path.join(folder, "servers.ts"), "utf8");
	const names = ["filesystem", "memory", "everything"];
	for (const name of names) {
		expect(text).toContain(`${name}: {`);
		const list = { jsonrpc: "2.0", id: 1, method: "tools/list" };
		const [answer] = await messagesOf(
			await post(`${url}/servers/${name}/mcp`, list),
		);
		expect(answer?.error).toBeUndefined();
		expect(answer?.result?.tools).not.toHaveLength(0);
	}
	if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
	await eventually(
		() => over,
		() => `it ends: ${output}`,
	);
	return line ?? "";
}

test("npm start builds and runs it, with servers that work", async () => {
	expect(await serve("npm", ["start", "--", "--port", "0"])).toContain(
		"on Node ",
	);
});

const here = availableRuntimes();

test.skipIf(!here.includes("bun"))("bun runs it from its source", async () => {
	const [bun] = bridgeCommand("bun");
	expect(await serve(bun, ["src/index.ts", "--port", "0"])).toContain(
		"on Bun ",
	);
});

test.skipIf(!here.includes("deno"))("deno task serve runs it", async () => {
	const [deno] = bridgeCommand("deno");
	expect(await serve(deno, ["task", "serve", "--port", "0"])).toContain(
		"on Deno ",
	);
});

test("running it leaves nothing behind that git would see", () => {
	const git = (...args: string[]) =>
		execFileSync("git", args, { cwd: folder, encoding: "utf8" });
	git("init", "--quiet");
	// A folder of links, which .gitignore's "node_modules/" does not name, stands in for the installed one.
	const made = git("ls-files", "--others", "--exclude-standard")
		.split("\n")
		.filter((file) => file !== "" && file !== "node_modules")
		.filter((file) => !existsSync(path.join(root, file)));
	expect(made).toEqual([]);
});
