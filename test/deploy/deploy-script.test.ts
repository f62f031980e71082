import {
	copyFileSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { root } from "../harness/runtimes.ts";
import { linesOf } from "../harness/scratch.ts";
import { deployFolder, run } from "./run.ts";

/** deploy.sh with a `docker` that has no containers: see test/fixtures/docker.sh. */

const made: string[] = [];
afterEach(() => {
	for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});

/**
 * A folder with deploy.sh, and a machine to deploy on.
 *
 * @param given what there is and what is to happen, as test/fixtures/docker.sh reads it
 */
function machine(given: Record<string, string | undefined> = {}) {
	const folder = mkdtempSync(path.join(tmpdir(), "mcp-edge-bridge-deploy-"));
	made.push(folder);
	const at = (name: string) => path.join(folder, name);
	copyFileSync(path.join(deployFolder, "deploy.sh"), at("deploy.sh"));
	writeFileSync(at(".env"), "");
	mkdirSync(at("bin"));
	symlinkSync(path.join(root, "test/fixtures/docker.sh"), at("bin/docker"));
	mkdirSync(at("docker"));
	const set = (changes: Record<string, string | undefined>) => {
		for (const [name, text] of Object.entries(changes)) {
			const file = path.join(at("docker"), name);
			if (text === undefined) rmSync(file);
			else writeFileSync(file, `${text}\n`);
		}
	};
	set({ networks: "edge", built: "first", ...given });
	return {
		at,
		set,
		deploy: (...args: string[]) =>
			run(at("deploy.sh"), args, {
				env: {
					FAKE_DOCKER: at("docker"),
					PATH: `${at("bin")}:${process.env.PATH}`,
				},
			}),
		/** Images by tag, the image that runs, and how often one was started. */
		now: () => {
			const [running] = linesOf(at("docker/running"));
			const images = readdirSync(at("docker"))
				.filter((name) => /^image\.(current|previous)$/.test(name))
				.map((name) => [name.slice(6), linesOf(at(`docker/${name}`))[0]]);
			const starts = linesOf(at("docker/starts")).length;
			return { ...Object.fromEntries(images), running, starts };
		},
		calls: () => linesOf(at("docker/calls")),
	};
}

test("the first deployment builds, checks the config, starts and is ready", async () => {
	const { deploy, now } = machine();
	const { code, stdout } = await deploy();
	expect(stdout).toContain('ready: {"status":"ready","failed":[]}');
	expect(code).toBe(0);
	expect(now()).toEqual({ current: "first", running: "first", starts: 1 });
});

test("a second one with nothing new starts nothing, and does not forget the image before", async () => {
	const { deploy, set, now } = machine();
	await deploy();
	set({ built: "second" });
	await deploy();
	expect((await deploy()).code).toBe(0);
	expect(now()).toEqual({
		current: "second",
		previous: "first",
		running: "second",
		starts: 2,
	});
});

test("an image that does not get ready is replaced by the one before, with the reason and its last words; the next good one is deployed as ever", async () => {
	const { deploy, set, now } = machine();
	await deploy();
	set({ built: "second", notReady: "second" });
	const { code, stderr } = await deploy("--timeout", "1");
	expect(code).toBe(1);
	expect(stderr).toContain(
		'not ready: after 1 s it says {"status":"failed","failed":[]}',
	);
	expect(stderr).toContain("the last words of second");
	expect(stderr).toContain("the previous image runs and is ready");
	expect(now()).toMatchObject({ current: "first", running: "first" });

	set({ built: "third" });
	expect((await deploy()).code).toBe(0);
	expect(now()).toMatchObject({
		current: "third",
		previous: "first",
		running: "third",
	});
});

test("where the image before is not ready either, it says so", async () => {
	const { deploy, set } = machine();
	await deploy();
	set({ built: "second", notReady: "first\nsecond" });
	const { code, stderr } = await deploy("--timeout", "1");
	expect(code).toBe(1);
	expect(stderr).toContain("the previous image is not ready either");
});

test("where Compose itself fails, it does not wait", async () => {
	const { deploy, set } = machine();
	await deploy();
	set({ built: "second", missing: "compose up --detach --remove-orphans" });
	const { code, stderr } = await deploy();
	expect(code).toBe(1);
	expect(stderr).toContain("not ready: docker compose up failed");
});

test("a first image that does not get ready is left to be looked at", async () => {
	const { deploy, now } = machine({ notReady: "first" });
	const { code, stderr } = await deploy("--timeout", "1");
	expect(code).toBe(1);
	expect(stderr).toContain("there is no previous image");
	expect(now().running).toBe("first");
});

test("the same image that is no longer ready is not blamed", async () => {
	const { deploy, set, now } = machine();
	await deploy();
	set({ notReady: "first" });
	const { code, stderr } = await deploy("--timeout", "1");
	expect(code).toBe(1);
	expect(stderr).toContain("look at the config");
	expect(now()).toEqual({ current: "first", running: "first", starts: 1 });
});

describe("leaves what runs alone", () => {
	const running = { "image.current": "first", running: "first" };
	const untouched = { current: "first", running: "first", starts: 0 };
	test.each<
		[what: string, given: Record<string, string | undefined>, reason: string]
	>([
		[
			"the config cannot be used",
			{ built: "second", badConfig: "CONFIG_INVALID: servers.a" },
			"CONFIG_INVALID: servers.a",
		],
		["the build fails", { built: undefined }, "cannot be built"],
		["Docker has no Compose", { missing: "compose version" }, "Compose"],
		["the daemon is down", { missing: "info" }, "daemon does not answer"],
		[
			"a variable is not set",
			{ badCompose: "BRIDGE_HOST is missing a value" },
			"BRIDGE_HOST is missing a value",
		],
		["Traefik's network is missing", { networks: "" }, 'network "edge"'],
	])("where %s", async (_, given, reason) => {
		const { deploy, set, now } = machine(running);
		set(given);
		const { code, stderr } = await deploy();
		expect(stderr).toContain(reason);
		expect(code).toBe(2);
		expect(now()).toEqual(untouched);
	});

	test("where there is no .env", async () => {
		const { at, deploy } = machine();
		rmSync(at(".env"));
		const { code, stderr } = await deploy();
		expect(stderr).toContain("cp .env.example .env");
		expect(code).toBe(2);
	});

	test.each([
		[["--timeout"]],
		[["--timeout", "soon"]],
		[["now"]],
	])("where it is called with %j", async (args) => {
		const { deploy, calls } = machine();
		expect((await deploy(...args)).code).toBe(2);
		expect(calls()).toEqual([]);
	});

	test("with --dry-run, which says what would be done", async () => {
		const { deploy, now, calls } = machine({ ...running, built: "second" });
		const { code, stdout } = await deploy("--dry-run");
		expect(code).toBe(0);
		for (const step of [
			"compose build",
			"docker tag mcp-edge-bridge:current mcp-edge-bridge:previous",
			"up --detach",
		])
			expect(stdout).toContain(step);
		expect(now()).toEqual(untouched);
		expect(calls().join("\n")).not.toMatch(/build|tag|up|exec/);
	});
});
