import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { root } from "../harness/runtimes.ts";
import { installPython as installRequirements } from "../servers/install.ts";
import { run } from "../servers/run.ts";

/** What a client needs cannot be had on this machine: it is not tried. */
export class NotInstallable extends Error {}

export const docs = path.join(root, "docs/clients");
const here = import.meta.dirname;
export const npmFolder = path.join(here, "node");

/** A path in a folder that stays, out of git, for the next run. */
export const cached = (name: string) =>
	path.join(root, "node_modules/.cache/interop", name);
const installTimeoutMs = 900_000;

const requirementsOf = (name: string) =>
	readFileSync(path.join(here, "python/requirements", `${name}.txt`), "utf8");

/** The version that a requirements file asks for first. */
export function pythonVersion(name: string): string {
	return /^[^#\n]+==(\S+)$/m.exec(requirementsOf(name))?.[1] ?? "?";
}

/** The version of the module that a go.mod asks for first. */
export function goVersion(name: string): string {
	const text = readFileSync(path.join(here, "go", name, "go.mod"), "utf8");
	return /^require \S+ v(\S+)$/m.exec(text)?.[1] ?? "?";
}

/** The version of a package that a package.json asks for. */
export function npmVersion(folder: string, name: string): string {
	const file = path.join(folder, "package.json");
	const { dependencies, devDependencies } = JSON.parse(
		readFileSync(file, "utf8"),
	);
	return { ...devDependencies, ...dependencies }[name];
}

/** A virtual environment with what a requirements file names; resolves to its `bin`. */
export function installPython(name: string): Promise<string> {
	return installed(() =>
		installRequirements(cached(name), requirementsOf(name)),
	);
}

/** The npm packages of test/interop/node. */
export function installNpm(): Promise<string> {
	return installed(() =>
		run(["npm", "install", "--silent", "--prefix", npmFolder], {
			timeoutMs: installTimeoutMs,
		}),
	);
}

/** Builds a program of docs/clients/go with the modules of test/interop/go/NAME; resolves to the binary. */
export async function buildGo(name: string, program: string): Promise<string> {
	const cwd = cached(name);
	mkdirSync(cwd, { recursive: true });
	for (const file of ["go.mod", "go.sum"])
		copyFileSync(path.join(here, "go", name, file), path.join(cwd, file));
	copyFileSync(path.join(docs, "go", program), path.join(cwd, "main.go"));
	await installed(() =>
		run(["go", "mod", "download"], { cwd, timeoutMs: installTimeoutMs }),
	);
	await run(["go", "build", "-o", "client", "."], {
		cwd,
		timeoutMs: installTimeoutMs,
	});
	return path.join(cwd, "client");
}

/** Compiles docs/clients/java/Client.java with a version of the SDK; resolves to the class path. */
export async function buildJava(version: string): Promise<string> {
	const folder = cached(`java-sdk-${version}`);
	const jars = path.join(folder, "jars");
	const classes = path.join(folder, "classes");
	const program = path.join(docs, "java/Client.java");
	await installed(() =>
		run(
			[
				...["mvn", "-q", "-B", "-f", path.join(here, "java/pom.xml")],
				...[`-Dsdk.version=${version}`, `-DoutputDirectory=${jars}`],
				"org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies",
			],
			{ timeoutMs: installTimeoutMs },
		),
	);
	await run([
		...["javac", "-nowarn", "-cp", `${jars}/*`, "-d", classes, program],
	]);
	return `${classes}:${jars}/*`;
}

/** Whatever an installer fails by is why a client is not tried. */
async function installed<T>(install: () => Promise<T>): Promise<T> {
	try {
		return await install();
	} catch (error) {
		// Where a machine gets its packages from is its own affair.
		const reason = (error as Error).message
			.replaceAll(`${root}/`, "")
			.replace(/https?:\/\/[^\s)]+/g, "…");
		throw new NotInstallable(reason.slice(0, 300), { cause: error });
	}
}
