import { execFile } from "node:child_process";
import {
	existsSync,
	mkdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { root } from "./runtimes.ts";

const run = promisify(execFile);

/** The environment's folder, or why there is none. */
export type Python = { folder: string } | { missing: string };

const isFit =
	"import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";

/**
 * Installs `test/<tests>/requirements.txt` into an environment of its own, once: later runs find it. It is out of git,
 * and gone with the packages.
 */
export async function preparePython(tests: string): Promise<Python> {
	const requirements = path.join(root, "test", tests, "requirements.txt");
	const folder = path.join(root, "node_modules/.cache/python", tests);
	/** Says for which requirements the folder is good. */
	const stamp = path.join(folder, "installed.txt");
	const command = path.join(folder, "bin/python");
	const wanted = readFileSync(requirements, "utf8");
	const isThere = existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
	if (isThere && (await works(command))) return { folder };
	if (!(await works("python3"))) {
		return { missing: "there is no python3 of 3.10 or later with venv" };
	}
	rmSync(folder, { recursive: true, force: true });
	mkdirSync(folder, { recursive: true });
	try {
		await run("python3", ["-m", "venv", folder]);
		const pip = [
			"-m",
			"pip",
			"install",
			"--no-input",
			"--no-compile",
			"--quiet",
		];
		await run(command, [...pip, "--requirement", requirements], {
			timeout: 240_000,
		});
	} catch (error) {
		const [reason] = (error as Error).message.split("\n").slice(-2);
		return { missing: `pip cannot install what is needed (${reason})` };
	}
	writeFileSync(stamp, wanted);
	return { folder };
}

async function works(python: string): Promise<boolean> {
	try {
		await run(python, ["-c", isFit]);
		return true;
	} catch {
		return false;
	}
}
