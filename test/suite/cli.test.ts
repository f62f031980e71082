import { type ChildProcess, spawn } from "node:child_process";
import {
	existsSync,
	mkdirSync,
	readFileSync,
	renameSync,
	writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import path from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { callMessage } from "../harness/call-message.ts";
import { eventually, pidsWith, waitUntilGone } from "../harness/processes.ts";
import {
	initializeRequest,
	messagesOf,
	openSse,
	post,
	RawClient,
} from "../harness/raw-http.ts";
import { bridgeCommand, root, runtimeName } from "../harness/runtimes.ts";
import { scratch } from "../harness/scratch.ts";
import { fixture } from "../harness/start-bridge.ts";
import { callOnce, serverStatus, textOf } from "../harness/status.ts";

/** The program as its user sees it: command line, output, exit code. */

const at = scratch();
const folder = at(".");
const running = new Set<ChildProcess>();

interface Program {
	stdout: string;
	stderr: string;
	/** Its exit code, once all of its output is there. */
	readonly exited: Promise<number | null>;
	stop(): Promise<number | null>;
}

function run(
	args: readonly string[],
	{
		cwd = folder,
		env = {},
	}: { cwd?: string; env?: Record<string, string> } = {},
): Program {
	const [command, ...first] = bridgeCommand();
	const child = spawn(command, [...first, ...args], {
		cwd,
		env: {
			...process.env,
			DENO_NO_UPDATE_CHECK: "1",
			NO_COLOR: "1",
			...env,
		},
		stdio: ["ignore", "pipe", "pipe"],
	});
	running.add(child);
	const exited = new Promise<number | null>((resolve, reject) => {
		child.on("error", reject);
		child.on("close", (code) => {
			running.delete(child);
			resolve(code);
		});
	});
	const program: Program = {
		stdout: "",
		stderr: "",
		exited,
		stop() {
			child.kill("SIGTERM");
			return exited;
		},
	};
	child.stdout.setEncoding("utf8").on("data", (text: string) => {
		program.stdout += text;
	});
	child.stderr.setEncoding("utf8").on("data", (text: string) => {
		program.stderr += text;
	});
	return program;
}

/** Runs it to its end. */
async function ended(...args: Parameters<typeof run>) {
	const program = run(...args);
	// One that listens against expectation would not end by itself.
	let over = false;
	void program.exited.then(() => {
		over = true;
	});
	await eventually(
		() => over || program.stdout.includes(" is listening on "),
		() => `it ends: ${program.stdout}${program.stderr}`,
		30_000,
	);
	const code = await (over ? program.exited : program.stop());
	return { code, stdout: program.stdout, stderr: program.stderr };
}

/** Runs it until it listens; gives the URL that it says. */
async function listening(...args: Parameters<typeof run>) {
	const program = run(...args);
	let over = false;
	void program.exited.then(() => {
		over = true;
	});
	const url = await eventually(
		() => {
			if (over) throw new Error(`It has ended: ${program.stderr}`);
			// The last line of the announcement is there too.
			if (!/\(SSE: .*\)\n$/.test(program.stdout)) return undefined;
			return /listening on (\S+)/.exec(program.stdout)?.[1];
		},
		() => `it listens: ${program.stdout}${program.stderr}`,
		30_000,
	);
	return { program, url };
}

afterEach(async () => {
	const left = [...running];
	for (const child of left) child.kill("SIGTERM");
	await waitUntilGone(
		left.flatMap(({ pid }) => pid ?? []),
		10_000,
	);
});
afterAll(() => {
	for (const child of running) child.kill("SIGKILL");
});

let configs = 0;
/** Writes a servers.ts into a folder of its own. */
function config(input: unknown): string {
	const own = at(`config-${++configs}`);
	mkdirSync(own);
	const file = path.join(own, "servers.ts");
	writeFileSync(
		file,
		`import { defineServers } from "mcp-edge-bridge";\nexport default defineServers(${JSON.stringify(input)} as any);\n`,
	);
	return file;
}
const good = config({ servers: { good: fixture("everything") } });

/** A server that leaves a file behind as soon as it is started. */
function telltale() {
	const file = at(`started-${++configs}`);
	const write = `require("fs").writeFileSync(${JSON.stringify(file)}, "")`;
	const server = { command: process.execPath, args: ["-e", write], warm: 1 };
	return { server, started: () => existsSync(file) };
}

const { version } = JSON.parse(
	readFileSync(path.join(root, "package.json"), "utf8"),
);
const runtimeTitle =
	runtimeName === "bun" ? "Bun" : runtimeName === "deno" ? "Deno" : "Node";

describe("the command line", () => {
	test.each([
		"--help",
		"-h",
	])("%s lists every option and command", async (flag) => {
		const { code, stdout, stderr } = await ended([flag]);
		expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
		for (const option of [
			"--config",
			"--named-server-config",
			"--host",
			"--port",
			"--no-watch",
			"--log-level",
			"--log-format",
			"--version",
			"check",
			"import",
		]) {
			expect(stdout).toContain(option);
		}
	});

	test.each([
		"--version",
		"-V",
	])("%s says the version of the package", async (flag) => {
		expect(await ended([flag])).toEqual({
			code: 0,
			stdout: `${version}\n`,
			stderr: "",
		});
	});

	test.each([
		["an unknown option", ["--prot", "1"], /--prot\b.*--port/s],
		["an unknown command", ["serv"], /serv|too many arguments/],
		["a port above 65535", ["--port", "65536"], /--port.*65536.*65535/],
		["a negative port", ["--port", "-1"], /--port.*-1/],
		["a port that is no number", ["--port", "http"], /--port.*http/],
		["a port with a fraction", ["--port", "80.5"], /--port.*80\.5/],
		["a port that is empty", ["--port", ""], /--port/],
		["an option without its value", ["--port"], /--port/],
		["an empty host", ["--host", ""], /host/],
		[
			"an unknown log level",
			["--log-level", "loud"],
			/--log-level.*loud.*debug/,
		],
		[
			"an unknown log format",
			["--log-format", "xml"],
			/--log-format.*xml.*json/,
		],
		[
			"two configs",
			["--config", "a.ts", "--named-server-config", "b.json"],
			/--config.*--named-server-config|--named-server-config.*--config/,
		],
		["import without a file", ["import"], /file/],
	])("%s is exit code 2 with a message that names it", async (_name, args, message) => {
		const { server, started } = telltale();
		const file = config({ port: 0, servers: { a: server } });
		const { code, stdout, stderr } = await ended(args, {
			cwd: path.dirname(file),
		});
		expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
		expect(stderr).toMatch(message);
		expect(stderr).not.toMatch(/^\s+at /m);
		expect(started()).toBe(false);
	});
});

describe("a config that cannot be used is exit code 2", () => {
	test("before any child starts, with every problem in one go", async () => {
		const { server, started } = telltale();
		const file = config({
			port: "8080",
			historyEvent: 1,
			servers: {
				good: server,
				bad: { command: "", concurrency: 0 },
				"b/../d": { command: "x" },
			},
		});
		const { code, stdout, stderr } = await ended(["--config", file]);
		expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
		expect(stderr).toContain(file);
		for (const problem of [
			"5 problems",
			"port: string",
			"historyEvent: unknown key (allowed: ",
			'did you mean "historyEvents"?',
			"servers.bad.command: ",
			"servers.bad.concurrency: ",
			'servers["b/../d"]: ',
		]) {
			expect(stderr).toContain(problem);
		}
		expect(stderr).not.toMatch(/^\s+at /m);
		expect(started()).toBe(false);
	});

	test("where the file is missing, with its path and a text to begin with", async () => {
		const missing = at("missing.ts");
		for (const args of [
			["--config", missing],
			["-c", "missing.ts"],
		]) {
			const { code, stdout, stderr } = await ended(args);
			expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
			expect(stderr).toContain(`Cannot find config "${missing}"`);
			expect(stderr).toContain("defineServers({");
		}
	});

	test("where there is no servers.ts in the working directory", async () => {
		const { code, stderr } = await ended([]);
		expect(code).toBe(2);
		expect(stderr).toContain(at("servers.ts"));
	});

	test("where it has a syntax error, with the line", async () => {
		const file = at("syntax.ts");
		writeFileSync(file, "const a = 1;\nexport default {{\n");
		const { code, stderr } = await ended(["--config", file]);
		expect(code).toBe(2);
		expect(stderr).toContain(file);
		expect(stderr).toContain("line 2");
	});

	test("where it throws, or needs a variable that is not set", async () => {
		const file = at("throws.ts");
		writeFileSync(
			file,
			'import { env } from "mcp-edge-bridge"; export default { servers: { a: { command: env("CLI_TEST_UNSET") } } };',
		);
		const { code, stderr } = await ended(["--config", file]);
		expect(code).toBe(2);
		expect(stderr).toContain('"CLI_TEST_UNSET"');
		writeFileSync(file, "throw new Error('no luck');");
		expect((await ended(["--config", file])).stderr).toContain("no luck");
	});
});

describe("listening", () => {
	test("--port 0 says the real port, the runtime, and a line for each server with the URLs to paste", async () => {
		const file = config({
			port: 1,
			servers: {
				first: fixture("everything"),
				"the-second": fixture("everything"),
				off: { command: "x", enabled: false },
			},
		});
		const { program, url } = await listening(["--config", file, "--port", "0"]);
		expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/);
		expect(program.stdout).toMatch(
			new RegExp(
				`^mcp-edge-bridge ${version.replaceAll(".", "\\.")} on ${runtimeTitle} \\d+\\.\\d+\\.\\d+\\S* is listening on ${url}\n`,
			),
		);
		const lines = program.stdout.trimEnd().split("\n").slice(1);
		expect(lines).toHaveLength(2);
		for (const [index, name] of ["first", "the-second"].entries()) {
			const line = lines[index] ?? "";
			expect(line.trim().split(/\s+/)[0]).toBe(name);
			const [mcp, sse] = line.match(/http:[^\s)]+/g) ?? [];
			expect([mcp, sse]).toEqual([
				`${url}/servers/${name}/mcp`,
				`${url}/servers/${name}/sse`,
			]);
			const [answer] = await messagesOf(
				await post(mcp ?? "", initializeRequest()),
			);
			expect(answer?.result?.serverInfo).toMatchObject({
				name: "everything-fixture",
			});
			const stream = await openSse(sse ?? "");
			await stream.event(({ event }) => event === "endpoint");
			stream.close();
		}
		expect(await program.stop()).toBe(0);
	});

	test("the URLs have the base path in them", async () => {
		const file = config({
			basePath: "a/b",
			servers: { one: fixture("everything") },
		});
		const { program, url } = await listening(["--config", file, "--port", "0"]);
		expect(program.stdout).toContain(`${url}/a/b/servers/one/mcp`);
		expect(program.stdout).toContain(`${url}/a/b/servers/one/sse`);
	});

	test("host and port of the config count where the command line names none, and it comes first where it does", async () => {
		const port = await freePort();
		const file = config({
			host: "localhost",
			port,
			servers: { one: fixture("everything") },
		});
		const configured = await listening(["--config", file]);
		expect(configured.url).toBe(`http://localhost:${port}`);
		expect((await fetch(`${configured.url}/health/live`)).status).toBe(200);
		await configured.program.stop();
		const named = await listening([
			"--config",
			file,
			"--host",
			"127.0.0.1",
			"--port",
			"0",
		]);
		expect(named.url).toMatch(/^http:\/\/127\.0\.0\.1:/);
		expect(named.url).not.toContain(`:${port}`);
	});

	test("an IPv6 address stands in brackets", async ({ skip }) => {
		if (!(await canListen("::1"))) skip();
		const { url } = await listening([
			"--config",
			good,
			"--host",
			"::1",
			"--port",
			"0",
		]);
		expect(url).toMatch(/^http:\/\/\[::1\]:\d+$/);
		expect((await fetch(`${url}/health/live`)).status).toBe(200);
	});

	test("a port that is taken is exit code 2 with what to do, before any child starts", async () => {
		const { server, started } = telltale();
		const file = config({ servers: { a: server } });
		const taken = createServer();
		const port = await listen(taken, "127.0.0.1");
		const { code, stdout, stderr } = await ended([
			"--config",
			file,
			"--port",
			String(port),
		]);
		taken.close();
		expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
		expect(stderr).toContain(`Cannot listen on 127.0.0.1:${port}`);
		expect(stderr).toContain("--port");
		expect(stderr).not.toMatch(/^\s+at /m);
		expect(started()).toBe(false);
	});

	test("an address that is not of this machine is exit code 2 with what to do", async () => {
		const { code, stdout, stderr } = await ended([
			"--config",
			good,
			"--host",
			"203.0.113.1",
			"--port",
			"0",
		]);
		expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
		expect(stderr).toContain("Cannot listen on 203.0.113.1");
		expect(stderr).toContain("--host");
		expect(stderr).not.toMatch(/^\s+at /m);
	});

	test.each([
		"[::zz]",
		"127.0.0.1:80",
	])("says that %s is no host to listen on, and nothing of other programs", async (host) => {
		const { code, stderr } = await ended([
			"--config",
			good,
			"--host",
			host,
			"--port",
			"0",
		]);
		expect(code).toBe(2);
		expect(stderr).toContain("no such name or address");
		expect(stderr).not.toContain("another program");
	});

	test("on a public address without authentication is warned about, on a loopback one not", async () => {
		const warning = /"level":40.*no authentication/;
		const open = await listening([
			"--config",
			good,
			"--host",
			"0.0.0.0",
			"--port",
			"0",
			"--log-format",
			"json",
		]);
		await eventually(
			() => warning.test(open.program.stderr),
			() => `a warning: ${open.program.stderr}`,
		);
		const port = new URL(open.url).port;
		expect((await fetch(`http://127.0.0.1:${port}/health/live`)).status).toBe(
			200,
		);
		await open.program.stop();
		for (const host of ["127.0.0.1", "127.0.0.2", "localhost"]) {
			const closed = await listening([
				"--config",
				good,
				"--host",
				host,
				"--port",
				"0",
			]);
			await closed.program.stop();
			expect(closed.program.stderr).not.toContain("authentication");
		}
	});
});

describe("a JSON config of named servers", () => {
	const marker = `cli-${process.pid}-${runtimeName}`;
	const { command, args } = fixture("everything");
	const named = {
		mcpServers: {
			files: {
				command,
				args,
				// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the JSON file
				env: { TOKEN: "${CLI_TEST_TOKEN}", BRIDGE_TEST_MARKER: marker },
				autoApprove: ["x"],
			},
			off: { command: "x", disabled: true },
		},
	};
	const file = at("named.json");
	writeFileSync(file, JSON.stringify(named));
	// biome-ignore lint/suspicious/noTemplateCurlyInString: a value is not expanded again
	const env = { CLI_TEST_TOKEN: 'a "secret" ${value}' };

	/** What the child found in its environment. */
	async function token(): Promise<string | undefined> {
		const [pid] = pidsWith(marker);
		return readFileSync(`/proc/${pid}/environ`, "utf8")
			.split("\0")
			.find((line) => line.startsWith("TOKEN="));
	}

	test("is served as it is by --named-server-config, and what has no meaning here is warned about", async () => {
		const { program, url } = await listening(
			["--named-server-config", file, "--port", "0"],
			{ env },
		);
		const answer = await callOnce({ url }, "files", "echo", { message: "m" });
		expect(textOf(answer)).toBe("m");
		expect(await token()).toBe(`TOKEN=${env.CLI_TEST_TOKEN}`);
		expect(program.stderr).toContain("autoApprove");
		expect(program.stderr).not.toContain("secret");
		expect(program.stdout).not.toContain("/servers/off/");
		await program.stop();
	});

	test("becomes a servers.ts by import, which the bridge then runs to the same effect", async () => {
		const imported = await ended(["import", "named.json"]);
		expect({ code: imported.code, stderr: imported.stderr }).toEqual({
			code: 0,
			stderr: "",
		});
		expect(imported.stdout).toContain(
			'import { defineServers, env } from "mcp-edge-bridge";',
		);
		expect(imported.stdout).toContain("autoApprove");
		const own = at("imported");
		mkdirSync(own);
		writeFileSync(path.join(own, "servers.ts"), imported.stdout);
		const { program, url } = await listening(["--port", "0"], {
			cwd: own,
			env,
		});
		const answer = await callOnce({ url }, "files", "echo", { message: "m" });
		expect(textOf(answer)).toBe("m");
		expect(await token()).toBe(`TOKEN=${env.CLI_TEST_TOKEN}`);
		expect(program.stdout).not.toContain("/servers/off/");
		await program.stop();
	});

	test("becomes a servers.ts with what is known of its servers, and what they have themselves stays", async () => {
		const fixtures = path.join(root, "test/fixtures/import");
		const expected = path.join(fixtures, "servers.ts");
		const imported = await ended(["import", path.join(fixtures, "mcp.json")]);
		expect(imported).toEqual({
			code: 0,
			stdout: readFileSync(expected, "utf8"),
			stderr: "",
		});
		const checked = await ended(["check", "--json", "-c", expected]);
		const { servers, faulty } = JSON.parse(checked.stdout);
		expect(faulty).toEqual([]);
		const warned = servers.filter(
			({ warnings }: { warnings: string[] }) => warnings.length > 0,
		);
		expect(warned.map(({ name }: { name: string }) => name)).toEqual([
			"github",
			"playwright",
		]);
	});

	test("with a variable that is not set is exit code 2, and import needs none", async () => {
		const { code, stdout, stderr } = await ended([
			"--named-server-config",
			file,
		]);
		expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
		expect(stderr).toContain("CLI_TEST_TOKEN");
		expect((await ended(["import", file])).code).toBe(0);
	});

	test("serves what it can: an entry with a fault is failed with its reason, in log, health, status and to its clients", async () => {
		const faulty = at("faulty.json");
		const json = {
			mcpServers: {
				"@acme/every thing": { command, args },
				// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the JSON file
				unset: { command, env: { TOKEN: "${CLI_TEST_ONE}" } },
				folder: { command, args: ["$CLI_TEST_TWO"], cwd: "no/such/folder" },
				remote: { url: "https://example.com/mcp" },
				notes: { command: "mcp-server-memory" },
				"more notes": { command: "mcp-server-memory", enabled: false },
			},
		};
		writeFileSync(faulty, JSON.stringify(json));
		const options = ["--named-server-config", faulty, "--port", "0"];
		const { program, url } = await listening(options);
		const name = "%40acme%2Fevery%20thing";
		expect(program.stdout).toContain(`${url}/servers/${name}/mcp`);
		for (const path of [name, "@acme/every%20thing"]) {
			const answer = await callOnce({ url }, path, "echo", { message: "m" });
			expect(textOf(answer)).toBe("m");
		}

		for (const [server, code, reasons] of [
			["unset", "CONFIG_ENV_MISSING", ["env.TOKEN", "CLI_TEST_ONE"]],
			["folder", "CONFIG_INVALID", ["folder.cwd", "CLI_TEST_TWO"]],
		] as const) {
			const health = await fetch(`${url}/servers/${server}/health`);
			expect(health.status).toBe(503);
			const { failure, state } = await serverStatus({ url }, server);
			expect([state, failure?.code]).toEqual(["failed", code]);
			const client = await RawClient.connect({ url }, server, "sse");
			const answers = [
				await callOnce({ url }, server, "echo"),
				await client.request(callMessage(1, "echo")),
			];
			client.close();
			for (const reason of reasons) {
				expect(await health.clone().text()).toContain(reason);
				expect(failure?.reason).toContain(reason);
				expect(program.stderr).toContain(reason);
				for (const { error } of answers)
					expect(error?.message).toContain(reason);
			}
		}
		expect(program.stderr).toContain("not set: CLI_TEST_ONE, CLI_TEST_TWO");
		expect(program.stderr).toContain("mcpServers.remote");
		const dangers = program.stderr.match(/.*danger: .*/g) ?? [];
		expect(dangers).toEqual([
			expect.stringMatching(/"server":"notes".*isolation.*concurrency to 1/),
		]);
		expect((await fetch(`${url}/servers/remote/health`)).status).toBe(404);
		expect((await fetch(`${url}/health/ready`)).status).toBe(200);

		const strict = await ended([...options, "--strict"]);
		expect(strict.code).toBe(2);
		for (const problem of ["TOKEN", "folder.cwd", "mcpServers.remote"])
			expect(strict.stderr).toContain(problem);
		const imported = await ended(["import", faulty]);
		expect(imported.code).toBe(0);
		expect(imported.stdout).toContain('"@acme/every thing": {');
		expect(imported.stdout).toContain("// mcpServers.remote");
	});

	test.each([
		["that is missing", "nowhere.json", undefined, "there is no such file"],
		[
			"that is no JSON",
			"broken.json",
			'{ "mcpServers": { "a" } }',
			/line 1, column 23|1:23/,
		],
		["without servers", "empty.json", "{}", "mcpServers"],
		[
			"with an invalid server",
			"invalid.json",
			'{"mcpServers":{"a":{"args":[]}}}',
			"mcpServers.a.command",
		],
	])("%s is exit code 2 with what is wrong, for both commands", async (_name, name, text, message) => {
		if (text !== undefined) writeFileSync(at(name), text);
		for (const args of [
			["--named-server-config", name],
			["import", name],
		]) {
			const { code, stdout, stderr } = await ended(args);
			expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
			expect(stderr).toMatch(message);
			expect(stderr).not.toMatch(/^\s+at /m);
		}
	});
});

describe("check", () => {
	/** What is said of a config with a server that is well, one that is off, and one that has a fault. */
	const { server, started } = telltale();
	const mixed = at("mixed.json");
	writeFileSync(
		mixed,
		JSON.stringify({
			mcpServers: {
				good: { ...server, timeout: 60 },
				container: { command: "docker", args: ["run", "image", "s3cr3t"] },
				"one text": { command: "npx -y x", disabled: true },
				faulty: { command: "x", args: ["$CLI_TEST_UNSET"], cwd: "no/such" },
			},
		}),
	);

	test("names the servers of a config with command and state, what is wrong with entries and commands, and starts nothing", async () => {
		const checked = await ended(["check", "--named-server-config", mixed]);
		expect(checked.code).toBe(0);
		expect(
			checked.stdout
				.trimEnd()
				.split("\n")
				.map((line) => line.split(/ {2,}/)),
		).toEqual([
			["good", process.execPath, "enabled"],
			["container", "docker", "enabled"],
			["one text", '"npx -y x"', "disabled"],
			["faulty", "-", "cannot be served"],
		]);
		const lines = checked.stderr.trimEnd().split("\n");
		expect(lines).toEqual([
			expect.stringMatching(/^warning: mcpServers\.good\.timeout: left out/),
			expect.stringMatching(/^warning: server "container": .*"-i"/),
			expect.stringMatching(
				/^CONFIG_INVALID: server "faulty": .*\.args\[0\]: /,
			),
			expect.stringMatching(/^CONFIG_INVALID: server "faulty": .*\.cwd: /),
		]);
		expect(checked.stderr).not.toContain("s3cr3t");
		// The bridge's options may stand in front, as in the image's entry point.
		const args = ["--port", "1", "--config", good, "check"];
		expect(await ended(args)).toMatchObject({ code: 0, stderr: "" });
		expect(started()).toBe(false);
	});

	test("prints the same as JSON", async () => {
		const args = ["check", "--json", "--named-server-config", mixed];
		const { code, stdout, stderr } = await ended(args);
		expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
		const report = JSON.parse(stdout);
		expect(report).toMatchObject({
			file: mixed,
			servers: [
				{ name: "good", enabled: true, warnings: [] },
				{ name: "container", warnings: [expect.stringContaining('"-i"')] },
				{ name: "one text", enabled: false, warnings: [] },
			],
			faulty: [{ name: "faulty", code: "CONFIG_INVALID" }],
			warnings: [expect.stringContaining("timeout")],
		});
		expect(report.faulty[0].problems).toHaveLength(2);
	});

	test("is exit code 2 with what to correct where the config cannot be used, or has any fault with --strict", async () => {
		const broken = at("broken.ts");
		writeFileSync(broken, "export default {{");
		for (const [args, message] of [
			[["-c", broken], "line 1"],
			[["-c", at("nowhere.ts")], "CONFIG_NOT_FOUND"],
			[["--named-server-config", mixed, "--strict"], "faulty.cwd"],
		] as const) {
			const said = await ended(["check", ...args]);
			expect({ code: said.code, stdout: said.stdout }).toEqual({
				code: 2,
				stdout: "",
			});
			expect(said.stderr).toContain(message);
			const asJson = await ended(["check", "--json", ...args]);
			expect(asJson.code).toBe(2);
			const { error } = JSON.parse(asJson.stdout);
			expect(`${error.code}: ${error.message}`).toContain(message);
		}
		expect(started()).toBe(false);
	});
});

describe("the log", () => {
	const file = config({
		servers: { one: fixture("faulty", ["stderr-flood"]) },
	});
	const start = (...args: string[]) =>
		listening(["--config", file, "--port", "0", ...args]);
	const lines = (program: Program) =>
		program.stderr.split("\n").filter((line) => line !== "");

	test("is one JSON object a line where it goes to no terminal, and holds no payloads", async () => {
		const { program, url } = await start();
		await callOnce({ url }, "one", "echo", { message: "the payload" });
		await program.stop();
		const entries = lines(program).map((line) => JSON.parse(line));
		expect(entries).toContainEqual(
			expect.objectContaining({ level: 30, server: "one", msg: "ready" }),
		);
		for (const { level, time } of entries) {
			expect([typeof level, typeof time]).toEqual(["number", "number"]);
		}
		expect(program.stderr).not.toContain("the payload");
		expect(program.stderr).not.toContain("stderr flood");
		expect(program.stdout).not.toContain("ready");
	});

	test("is for people with --log-format pretty", async () => {
		const { program, url } = await start("--log-format", "pretty");
		await callOnce({ url }, "one", "echo", { message: "m" });
		await program.stop();
		expect(program.stderr).toMatch(/INFO.*ready/);
		expect(program.stderr).not.toContain('{"level"');
	});

	test("holds nothing with --log-level silent, and nothing below warn with warn", async () => {
		for (const level of ["silent", "warn"]) {
			const { program, url } = await start("--log-level", level);
			await callOnce({ url }, "one", "echo", { message: "m" });
			await program.stop();
			expect(program.stderr).toBe("");
		}
	});

	test("holds the children's stderr with --log-level debug", async () => {
		const { program, url } = await start("--log-level", "debug");
		await callOnce({ url }, "one", "echo", { message: "m" });
		await eventually(
			() => program.stderr.includes("stderr flood"),
			"the child's stderr in the log",
		);
		await program.stop();
		for (const line of lines(program)) JSON.parse(line);
	});
});

describe("a change of the config", () => {
	const replace = (file: string, text: string) => {
		writeFileSync(`${file}.new`, text);
		renameSync(`${file}.new`, file);
	};
	const text = (servers: object, more: object = {}) =>
		`export default ${JSON.stringify({ ...more, servers })};`;

	/** Changes it until that is noticed: nothing says from when on it is watched. */
	async function change(
		file: string,
		content: string,
		noticed: () => boolean | Promise<boolean>,
		program: Program,
	): Promise<void> {
		replace(file, content);
		const again = setInterval(() => replace(file, content), 1000);
		try {
			await eventually(noticed, () => `a change: ${program.stderr}`);
		} finally {
			clearInterval(again);
		}
	}

	test("is taken into force, one that is not valid changes nothing and is said, and so is what takes a restart", async () => {
		const file = config({ servers: { one: fixture("everything") } });
		const { program, url } = await listening(["--config", file, "--port", "0"]);
		const status = async (name: string) =>
			(await fetch(`${url}/servers/${name}/health`)).status;
		expect([await status("one"), await status("two")]).toEqual([200, 404]);
		const two = { two: fixture("everything") };
		const added = async () => (await status("two")) === 200;
		await change(file, text(two), added, program);
		expect(await status("one")).toBe(404);
		const said = (what: RegExp) => () => what.test(program.stderr);
		await change(
			file,
			text({ three: {} }),
			said(/servers\.three\.command/),
			program,
		);
		expect([await status("two"), await status("three")]).toEqual([200, 404]);
		await change(
			file,
			text(two, { basePath: "/moved" }),
			said(/"options":\["basePath".*restart/),
			program,
		);
	});

	test("of the only server's name leaves it the default one", async () => {
		const file = config({ servers: { one: fixture("everything") } });
		const { program, url } = await listening(["--config", file, "--port", "0"]);
		const added = async () =>
			(await fetch(`${url}/servers/two/health`)).status === 200;
		await change(file, text({ two: fixture("everything") }), added, program);
		expect((await post(`${url}/mcp`, initializeRequest())).status).toBe(200);
		expect(program.stderr).not.toContain("restart of the bridge");
	});

	test("right behind the announcement is not missed", async () => {
		const file = config({ servers: { one: fixture("everything") } });
		const { program } = await listening(["--config", file, "--port", "0"]);
		replace(file, text({ two: fixture("everything") }));
		await eventually(
			() => program.stderr.includes("config taken into force"),
			() => `the change: ${program.stderr}`,
			5000,
		);
	});
});

function listen(server: Server, host: string): Promise<number> {
	return new Promise((resolve, reject) => {
		server.once("error", reject);
		server.listen(0, host, () => {
			const address = server.address();
			resolve(typeof address === "object" ? (address?.port ?? 0) : 0);
		});
	});
}

async function canListen(host: string): Promise<boolean> {
	const server = createServer();
	try {
		await listen(server, host);
		return true;
	} catch {
		return false;
	} finally {
		server.close();
	}
}

async function freePort(): Promise<number> {
	const server = createServer();
	const port = await listen(server, "127.0.0.1");
	await new Promise((resolve) => server.close(resolve));
	return port;
}
