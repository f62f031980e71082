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
import { root } from "../harness/runtimes.ts";

const run = promisify(execFile);

/** A Python that has the official SDK, or why there is none. */
export type Python = { command: string } | { missing: string };

const requirements = path.join(root, "test/python/requirements.txt");
/** Out of git, and gone with the packages. */
const folder = path.join(root, "node_modules/.cache/python-sdk");
/** Says for which requirements the folder is good. */
const stamp = path.join(folder, "installed.txt");
const command = path.join(folder, "bin/python");

const isFit =
	"import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";

/** Installs the SDK into an environment of its own, once: later runs find it. */
export async function preparePython(): Promise<Python> {
	const wanted = readFileSync(requirements, "utf8");
	const isThere = existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
	if (isThere && (await works(command))) return { command };
	if (!(await works("python3"))) {
		return { missing: "there is no python3 of 3.10 or later with venv" };
	}
	rmSync(folder, { recursive: true, force: true });
	mkdirSync(folder, { recursive: true });
	try {
		await run("python3", ["-m", "venv", folder]);
		const pip = ["-m", "pip", "install", "--no-input", "--quiet"];
		await run(command, [...pip, "--requirement", requirements], {
			timeout: 240_000,
		});
	} catch (error) {
		const [reason] = (error as Error).message.split("\n").slice(-2);
		return { missing: `pip cannot install the SDK (${reason})` };
	}
	writeFileSync(stamp, wanted);
	return { command };
}

async function works(python: string): Promise<boolean> {
	try {
		await run(python, ["-c", isFit]);
		return true;
	} catch {
		return false;
	}
}
