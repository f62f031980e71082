import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { preparePython } from "../harness/prepare-python.ts";
import { root } from "../harness/runtimes.ts";
import { scratch } from "../harness/scratch.ts";
import { deployFolder, run } from "./run.ts";

/** What those who know a format say about the files of it. */

const named = (end: string) =>
	readdirSync(deployFolder).filter((file) => file.endsWith(end));
const linters = await preparePython("deploy");

if ("missing" in linters) {
	notChecked("Dockerfile, scripts, Compose and Kubernetes", linters.missing);
} else {
	const lint = async (program: string, args: string[]) => {
		const { code, stdout, stderr } = await run(
			path.join(linters.folder, "bin", program),
			args,
		);
		expect(stdout + stderr).not.toMatch(/warning|error/i);
		expect(code).toBe(0);
	};

	test("hadolint has nothing against the Dockerfile", () =>
		lint("hadolint", ["--no-color", "Dockerfile"]));

	test("shellcheck has nothing against the scripts", () =>
		lint("shellcheck", [
			...named(".sh"),
			path.join(root, "test/fixtures/docker.sh"),
		]));

	test("the Compose files are valid under the Compose specification's schema", () =>
		lint("check-jsonschema", [
			"--builtin-schema",
			"vendor.compose-spec",
			...readdirSync(deployFolder).filter((file) =>
				/^compose.*yaml$/.test(file),
			),
		]));

	test("the manifests are valid under the schemas of Kubernetes, with no unknown field", () =>
		// Of what Traefik defines there is no schema.
		lint("kubernetes-validate", [
			"--strict",
			"--no-warn",
			...readdirSync(deployFolder).filter((file) =>
				/^kubernetes.*yaml$/.test(file),
			),
		]));
}

if (!existsSync("/usr/bin/systemd-analyze")) {
	notChecked("the systemd unit", "there is no systemd-analyze");
} else {
	const file = scratch()("mcp-edge-bridge.service");
	const unit = readFileSync(
		path.join(deployFolder, path.basename(file)),
		"utf8",
	);
	// The program has to be there, and need not be installed by Debian's package here.
	writeFileSync(file, unit.replace("=/usr/bin/node ", `=${process.execPath} `));

	test("systemd knows every setting of the unit", async () => {
		const verified = await run("systemd-analyze", ["verify", "--man=no", file]);
		expect(verified).toEqual({ code: 0, stdout: "", stderr: "" });
	});

	test("systemd counts the unit among the well protected, exposed by 2 of 10 at most", async () => {
		const { code, stdout } = await run("systemd-analyze", [
			"security",
			"--offline=yes",
			"--threshold=20",
			"--no-pager",
			file,
		]);
		expect(code, stdout).toBe(0);
	});
}

function notChecked(what: string, reason: string): void {
	const claim = `not checked here: ${what} (${reason})`;
	test(claim, () => {
		// A test that has passed is not named by every reporter.
		console.warn(claim);
		expect(reason).not.toBe("");
	});
}
