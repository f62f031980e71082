import { once } from "node:events";
import {
	chownSync,
	cpSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	statSync,
} from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../harness/free-port.ts";
import {
	eventually,
	groupMembers,
	waitUntilGone,
} from "../harness/processes.ts";
import { messagesOf, post } from "../harness/raw-http.ts";
import { root } from "../harness/runtimes.ts";
import { scratch } from "../harness/scratch.ts";
import { contextFiles } from "./build-context.ts";
import { type Inside, startInside, whyNotInside } from "./inside.ts";
import { deployFolder, run } from "./run.ts";
import { type Image, makeImage } from "./scratch-image.ts";

/** The image, made and run without a container engine; and what of it runs under systemd. */

test("no secret, no data and nothing that was built gets into the image", () => {
	const clone = [
		".env",
		"wrangler-free-deploy/.env",
		"wrangler-free-deploy/servers.env",
		"wrangler-free-deploy/config/token.txt",
		"data/memory.jsonl",
		"node_modules/hono/package.json",
		"dist/index.js",
	];
	const [inSource, others] = partition(contextFiles(clone), (file) =>
		file.startsWith("src/"),
	);
	expect(inSource).toContain("src/index.ts");
	expect(others.filter((file) => !file.startsWith("examples/")).sort()).toEqual(
		[
			".npmrc",
			"package-lock.json",
			"package.json",
			"tsconfig.build.json",
			"tsconfig.json",
			"wrangler-free-deploy/config/package.json",
			"wrangler-free-deploy/config/requirements.txt",
		],
	);
});

function partition<T>(all: T[], isFirst: (one: T) => boolean): [T[], T[]] {
	return [all.filter(isFirst), all.filter((one) => !isFirst(one))];
}

const node24 = path.join(root, "test/runtimes/node_modules/node24/bin/node");
const missing = existsSync(node24)
	? whyNotInside()
	: "there is no Node 24 in test/runtimes";

if (missing !== undefined) {
	const claim = `not checked here: the image's steps and command line (${missing})`;
	test(claim, () => {
		console.warn(claim);
		expect(missing).not.toBe("");
	});
} else {
	const at = scratch();
	let image: Image;
	const running = new Set<number>();

	beforeAll(async () => {
		// Of the version that the Dockerfile names; a file that the image's user may read, wherever the repository is.
		mkdirSync(at("node"));
		cpSync(node24, at("node/node"));
		image = await makeImage(at, at("node/node"));
	});
	afterAll(() => {
		for (const group of running)
			for (const pid of groupMembers(group)) process.kill(pid, "SIGKILL");
	});

	/** A folder that the image's user may write. */
	const volume = (name: string) => {
		mkdirSync(at(name), { recursive: true });
		chownSync(at(name), 1000, 1000);
		return at(name);
	};
	const inContainer = (): Inside => ({
		folder: image.folder,
		binds: {
			"/opt/node": at("node"),
			"/config": path.join(deployFolder, "config"),
		},
		writable: { "/data": volume("data") },
		user: image.user,
		workdir: image.workdir,
		env: image.env,
	});

	/** Starts a command and waits until the bridge listens. */
	async function serve(inside: Inside, command: string[]) {
		const child = startInside(inside, command, {
			stdio: ["ignore", "pipe", "pipe"],
		});
		const pid = child.pid as number;
		running.add(pid);
		let output = "";
		for (const stream of [child.stdout, child.stderr])
			stream?.on("data", (chunk) => {
				output += chunk;
			});
		const exit = once(child, "exit");
		await eventually(
			() => {
				if (child.exitCode !== null) throw new Error(`It has ended: ${output}`);
				return / is listening on /.test(output);
			},
			() => `it listens: ${output}`,
			60_000,
		);
		return { pid, exit, output: () => output };
	}

	async function ends(inside: Inside, command: string[]) {
		const child = startInside(inside, command, { stdio: "ignore" });
		const [code] = await once(child, "exit");
		return code;
	}

	async function call(url: string, server: string, name: string, args: object) {
		const [answer] = await messagesOf(
			await post(`${url}/servers/${server}/mcp`, {
				jsonrpc: "2.0",
				id: 1,
				method: "tools/call",
				params: { name, arguments: args },
			}),
		);
		return answer?.result;
	}

	test("every step of the last stage and of those below it is carried out that needs no other image, no package of Debian and no uv", () => {
		expect(image.notDone).toEqual([
			expect.stringMatching(/^RUN apt-get update/),
			"COPY --from=docker:29-cli",
			"COPY --from=astral/uv:0.13.8",
		]);
	});

	test("the image has the bridge, what it needs to run and the servers, and nothing that builds or tests", () => {
		const bridge = path.join(image.folder, "opt/mcp-edge-bridge");
		expect(readdirSync(bridge).sort()).toEqual([
			"dist",
			"node_modules",
			"package.json",
		]);
		const { dependencies, devDependencies } = JSON.parse(
			readFileSync(path.join(bridge, "package.json"), "utf8"),
		);
		const has = (name: string) =>
			existsSync(path.join(bridge, "node_modules", name));
		expect(Object.keys(dependencies).filter((name) => !has(name))).toEqual([]);
		// The MCP SDK brings one that the tests use as well.
		expect(Object.keys(devDependencies).filter(has)).toEqual(["ajv"]);
		const bin = readdirSync(
			path.join(image.folder, "opt/servers/node_modules/.bin"),
		);
		expect(bin).toEqual(
			expect.arrayContaining(["mcp-server-filesystem", "mcp-server-memory"]),
		);
	});

	test("a new volume at /data is its user's own: it gets owner and mode of the image's folder", () => {
		const { uid, gid } = statSync(path.join(image.folder, "data"));
		expect(`${uid}:${gid}`).toBe(image.user);
	});

	test("its command line serves, as a user without rights who can write /data and /tmp alone, and ends in good order", async () => {
		const inside = inContainer();
		const port = await freePort();
		inside.env = {
			...inside.env,
			HEALTH_URL: (inside.env.HEALTH_URL ?? "").replace("8080", `${port}`),
		};
		const healthcheck = image.healthcheck;
		expect(await ends(inside, healthcheck)).toBe(1);

		// The image's init is a package of Debian.
		const [init, dashes, ...entrypoint] = image.entrypoint;
		expect([init, dashes]).toEqual(["tini", "--"]);
		const bridge = await serve(inside, [
			...entrypoint,
			...image.cmd,
			"--port",
			`${port}`,
		]);
		expect(await ends(inside, healthcheck)).toBe(0);
		for (const file of ["/x", "/opt/x", "/opt/mcp-edge-bridge/x", "/config/x"])
			expect(await ends(inside, ["touch", file])).not.toBe(0);
		expect(await ends(inside, ["touch", "/data/x", "/tmp/x"])).toBe(0);

		const url = `http://127.0.0.1:${port}`;
		const entity = { name: "volume", entityType: "place", observations: [] };
		expect(
			(await call(url, "memory", "create_entities", { entities: [entity] }))
				?.isError,
		).toBeFalsy();
		expect(readFileSync(at("data/memory.jsonl"), "utf8")).toContain('"volume"');
		expect(
			(
				await call(url, "filesystem", "write_file", {
					path: "/data/files/a.txt",
					content: "a",
				})
			)?.isError,
		).toBeFalsy();
		expect(readFileSync(at("data/files/a.txt"), "utf8")).toBe("a");
		const smoke = await run("./smoke-test.sh", [url, "filesystem", "memory"]);
		expect(smoke.stdout).not.toContain("FAILED");
		expect(smoke.code).toBe(0);

		const children = groupMembers(bridge.pid);
		process.kill(bridge.pid, image.stopSignal);
		expect(await bridge.exit).toEqual([0, null]);
		await waitUntilGone(children);
	});

	test("its check of the config names what is wrong, and starts nothing", async () => {
		const inside = inContainer();
		const [, , ...entrypoint] = image.entrypoint;
		const check = [...entrypoint, "check", ...image.cmd];
		expect(await ends(inside, check)).toBe(0);
		inside.env = { ...inside.env, ALLOWED_HOSTS: "not a host" };
		expect(await ends(inside, check)).toBe(2);
	});

	test("the command line of the systemd unit serves with the settings and folders that the unit gives it", async () => {
		const unit = readFileSync(
			path.join(deployFolder, "mcp-edge-bridge.service"),
			"utf8",
		).replaceAll("%S", "/var/lib");
		const settings = (name: string) =>
			[...unit.matchAll(new RegExp(`^${name}=(.*)$`, "gm"))].map(
				([, value = ""]) => value,
			);
		const [program, ...args] = settings("ExecStart")[0]?.split(" ") ?? [];
		expect(program).toBe("/usr/bin/node");
		const [state] = settings("StateDirectory");
		mkdirSync(at("var/lib"), { recursive: true });
		const port = await freePort();
		const bridge = await serve(
			{
				...inContainer(),
				binds: {
					"/opt/node": at("node"),
					"/etc/mcp-edge-bridge": path.join(deployFolder, "config"),
				},
				writable: { [`/var/lib/${state}`]: volume("state") },
				workdir: settings("WorkingDirectory")[0] ?? "",
				env: Object.fromEntries(
					settings("Environment").map((one) => one.split(/=(.*)/s).slice(0, 2)),
				),
			},
			["/opt/node/node", ...args, "--port", `${port}`],
		);
		const smoke = await run("./smoke-test.sh", [
			`http://127.0.0.1:${port}`,
			"filesystem",
			"memory",
		]);
		expect(smoke.stdout).not.toContain("FAILED");
		expect(existsSync(at("state/files"))).toBe(true);
		process.kill(bridge.pid, "SIGTERM");
		expect(await bridge.exit).toEqual([0, null]);
	});
}
