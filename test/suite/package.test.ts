import { type ChildProcess, execFile, spawn } from "node:child_process";
import {
	cpSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	realpathSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { eventually, groupMembers, pidsWith } from "../harness/processes.ts";
import { messagesOf, post } from "../harness/raw-http.ts";
import {
	availableRuntimes,
	bridgeCommand,
	type RuntimeName,
	root,
} from "../harness/runtimes.ts";
import { fixture } from "../harness/start-bridge.ts";

/** What a user gets who installs the package, and nothing of this repository around it. */

const execute = promisify(execFile);
const marker = `mcp-edge-bridge-package-${process.pid}`;
const folder = realpathSync(mkdtempSync(path.join(tmpdir(), `${marker}-`)));
const user = path.join(folder, "user");
const installed = path.join(user, "node_modules/mcp-edge-bridge");

interface Packed {
	filename: string;
	files: { path: string; mode: number }[];
}
let packed: Packed;

beforeAll(async () => {
	// A copy: packing builds dist anew, which other tests are running from.
	const source = path.join(folder, "source");
	const left = [".git", "node_modules", "dist", "data", "bench/results"];
	cpSync(root, source, {
		recursive: true,
		filter: (file) =>
			path.basename(file) !== "node_modules" &&
			!left.includes(path.relative(root, file)),
	});
	symlinkSync(
		path.join(root, "node_modules"),
		path.join(source, "node_modules"),
	);
	const { stdout } = await execute(
		"npm",
		["pack", "--json", "--silent", "--pack-destination", folder],
		{ cwd: source },
	);
	[packed] = JSON.parse(stdout.slice(stdout.indexOf("[")));

	mkdirSync(user);
	writeFileSync(
		path.join(user, "package.json"),
		JSON.stringify({ private: true, type: "module" }),
	);
	await execute(
		"npm",
		[
			"install",
			"--prefer-offline",
			"--omit=dev",
			"--no-audit",
			"--no-fund",
			path.join(folder, packed.filename),
		],
		{ cwd: user },
	);
	const server = fixture("everything", [], {
		env: { BRIDGE_TEST_MARKER: marker },
	});
	writeFileSync(path.join(user, "servers.ts"), serversText(server));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const running = new Set<ChildProcess>();
afterEach(async () => {
	for (const { pid } of running) {
		if (pid === undefined) continue;
		for (const member of groupMembers(pid)) process.kill(member, "SIGKILL");
	}
	running.clear();
});

/** A servers.ts as a user writes it. */
function serversText(server: object): string {
	return [
		'import { type BridgeInput, defineServers, env } from "mcp-edge-bridge";',
		"",
		`const everything = ${JSON.stringify(server)} satisfies BridgeInput["servers"][string];`,
		'const host: string = env("NOT_SET_ANYWHERE", "127.0.0.1");',
		"export default defineServers({ host, servers: { everything } });",
		"",
	].join("\n");
}

/** Starts it in the user's folder and has a tool listed; gives what it announced. */
async function serve(command: string, args: readonly string[]) {
	const child = spawn(command, [...args, "--port", "0"], {
		cwd: user,
		env: { ...process.env, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
		stdio: ["ignore", "pipe", "pipe"],
		// A group of its own, since npx stands between us and the bridge.
		detached: true,
	});
	running.add(child);
	let output = "";
	let over = false;
	child.stdout.setEncoding("utf8").on("data", (text: string) => {
		output += text;
	});
	child.stderr.setEncoding("utf8").on("data", (text: string) => {
		output += text;
	});
	child.on("close", () => {
		over = true;
	});
	const announced = await eventually(
		() => {
			if (over) throw new Error(`It has ended: ${output}`);
			return (
				/^mcp-edge-bridge .* is listening on (\S+)$/m.exec(output) ?? undefined
			);
		},
		() => `it listens: ${output}`,
		60_000,
	);
	const list = { jsonrpc: "2.0", id: 1, method: "tools/list" };
	const [answer] = await messagesOf(
		await post(`${announced[1]}/servers/everything/mcp`, list),
	);
	expect(answer?.result?.tools).toContainEqual(
		expect.objectContaining({ name: "echo" }),
	);
	expect(pidsWith(marker).length).toBeGreaterThan(0);
	if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
	await eventually(
		() => over && pidsWith(`"${marker}`).length === 0,
		() => `everything ends: ${output}`,
	);
	return announced[0];
}

describe("the tarball", () => {
	const allowed =
		/^(package\.json|README\.md|LICENSE|CHANGELOG\.md|servers\.ts|deno\.json|(dist|docs|wrangler-free-deploy)\/.+)$/;

	test("holds nothing but the program, its documentation and how to deploy it", () => {
		const paths = packed.files.map((file) => file.path);
		expect(paths.filter((file) => !allowed.test(file))).toEqual([]);
		expect(
			paths.filter((file) =>
				/(^|\/)(tests?|fixtures|node_modules|bench|\..*|.*\.(test|tgz|log|env|tsbuildinfo).*)(\/|$)/.test(
					file,
				),
			),
		).toEqual([]);
	});

	test("holds each module of the source, built, with its types", () => {
		const paths = new Set(packed.files.map((file) => file.path));
		const modules = readdirSync(path.join(root, "src"), { recursive: true })
			.map(String)
			.filter((file) => file.endsWith(".ts"));
		expect(modules.length).toBeGreaterThan(10);
		for (const module of modules) {
			const name = module.replaceAll(path.sep, "/").replace(/\.ts$/, "");
			for (const file of [`dist/${name}.js`, `dist/${name}.d.ts`]) {
				expect(paths).toContain(file);
			}
		}
	});

	test("has its licence and what it is about", () => {
		const paths = packed.files.map((file) => file.path);
		const missing = ["LICENSE", "README.md"].filter(
			(file) => !paths.includes(file),
		);
		expect(missing).toEqual([]);
	});

	test("has a program that says what runs it", () => {
		expect(packed.files.map((file) => file.path)).toContain("dist/index.js");
		const text = readFileSync(path.join(installed, "dist/index.js"), "utf8");
		expect(text).toMatch(/^#!\/usr\/bin\/env node\n/);
	});

	test("names nothing of the machine that it was built on", () => {
		const files = readdirSync(installed, {
			recursive: true,
			withFileTypes: true,
		});
		const texts = files
			.filter((file) => file.isFile())
			.map((file) =>
				readFileSync(path.join(file.parentPath, file.name), "utf8"),
			);
		for (const text of texts) {
			for (const name of [root, folder, homedir()]) {
				expect(text.includes(`${name}/`)).toBe(false);
			}
		}
	});
});

describe("an installed package runs the user's own servers.ts", () => {
	test("by npx, on Node", async () => {
		const line = await serve("npx", ["--no-install", "mcp-edge-bridge"]);
		expect(line).toContain(`on Node ${process.versions.node} is`);
	});

	test("by its own program", async () => {
		const program = path.join(user, "node_modules/.bin/mcp-edge-bridge");
		expect(await serve(program, [])).toContain("on Node ");
	});

	const here = availableRuntimes();
	const only = (name: RuntimeName) => test.skipIf(!here.includes(name));

	only("bun")("by bunx --bun, on Bun", async () => {
		const [bun] = bridgeCommand("bun");
		const line = await serve(bun, [
			"x",
			"--bun",
			"--no-install",
			"mcp-edge-bridge",
		]);
		expect(line).toMatch(/ on Bun \d+\.\d+\.\d+\S* is /);
	});

	only("bun")("by bun --bun run, on Bun", async () => {
		const [bun] = bridgeCommand("bun");
		const line = await serve(bun, ["--bun", "run", "mcp-edge-bridge"]);
		expect(line).toMatch(/ on Bun \d/);
	});

	only("deno")(
		"by deno run with the permissions of deno.json, on Deno",
		async () => {
			const [deno, ...args] = bridgeCommand("deno");
			const line = await serve(deno, [
				...args.slice(0, -1),
				"node_modules/mcp-edge-bridge/dist/index.js",
			]);
			expect(line).toMatch(/ on Deno \d+\.\d+\.\d+\S* is /);
		},
	);
});

describe("what the package exports", () => {
	test("is a bridge for programs that bring their own HTTP server", async () => {
		const file = path.join(user, "own-server.mjs");
		writeFileSync(
			file,
			`import * as api from "mcp-edge-bridge";
const bridge = api.createBridge({ servers: { a: { command: "nothing" } } });
const response = await bridge.app.request("/health/live");
console.log(JSON.stringify([Object.keys(api).sort(), response.status]));
await bridge.close();
`,
		);
		const { stdout } = await execute(process.execPath, [file], { cwd: user });
		expect(JSON.parse(stdout)).toEqual([
			["ConfigError", "createBridge", "defineServers", "env"],
			200,
		]);
	});

	test("is that and its package.json, and nothing inside", async () => {
		const load = (name: string) =>
			execute(
				process.execPath,
				[
					"--input-type=module",
					"-e",
					`await import(${JSON.stringify(name)}, ${name.endsWith("json") ? '{ with: { type: "json" } }' : "undefined"})`,
				],
				{ cwd: user },
			);
		await load("mcp-edge-bridge/package.json");
		await expect(load("mcp-edge-bridge/dist/bridge.js")).rejects.toThrow(
			"ERR_PACKAGE_PATH_NOT_EXPORTED",
		);
	});

	describe.each([
		"nodenext",
		"bundler",
	])("has types that resolve with moduleResolution %s", (moduleResolution) => {
		/** What the compiler says of a file of the user's. */
		async function check(name: string, text?: string): Promise<string> {
			if (text !== undefined) writeFileSync(path.join(user, name), text);
			const config = path.join(user, `tsconfig.${moduleResolution}.json`);
			writeFileSync(
				config,
				JSON.stringify({
					compilerOptions: {
						target: "es2023",
						lib: ["es2023", "dom", "dom.iterable"],
						module: moduleResolution === "bundler" ? "esnext" : "nodenext",
						moduleResolution,
						strict: true,
						noEmit: true,
						skipLibCheck: true,
						types: ["node"],
						typeRoots: [path.join(root, "node_modules/@types")],
					},
					files: [name],
				}),
			);
			const tsc = path.join(root, "node_modules/.bin/tsc");
			try {
				await execute(tsc, ["-p", config], { cwd: user });
				return "";
			} catch (error) {
				return (error as { stdout: string }).stdout;
			}
		}

		test("for the servers.ts that runs", async () => {
			expect(await check("servers.ts")).toBe("");
		});

		test("so that a wrong option is an error that names it", async () => {
			const wrong = serversText({ command: "x", isolation: "sesion" });
			expect(await check("wrong.ts", wrong)).toMatch(/TS\d+.*"sesion"/);
			const unknown = serversText({ command: "x", isolaton: "auto" });
			expect(await check("unknown.ts", unknown)).toMatch(/TS\d+.*isolaton/);
			const missing = serversText({ args: [] });
			expect(await check("missing.ts", missing)).toMatch(/TS\d+.*command/);
		});

		test("down to the bridge itself, which is not any", async () => {
			const text = `import { createBridge } from "mcp-edge-bridge";
const bridge = createBridge({ servers: { a: { command: "x" } } });
const closed: Promise<void> = bridge.close();
const answer: Response | Promise<Response> = bridge.app.fetch(new Request("http://x"));
// @ts-expect-error no such member
bridge.nothing;
// @ts-expect-error no such member
bridge.app.nothing;
export { answer, closed };
`;
			expect(await check("bridge.ts", text)).toBe("");
		});
	});
});
