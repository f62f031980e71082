import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

export const root = path.resolve(import.meta.dirname, "../..");

/** The runtimes that the suite runs the bridge under; `node` is the one that runs the suite. */
export const runtimeNames = [
	"node",
	"node22",
	"node24",
	"bun",
	"deno",
] as const;
export type RuntimeName = (typeof runtimeNames)[number];

/** The runtime of this test file's project. */
export const runtimeName = (process.env.BRIDGE_RUNTIME ??
	"node") as RuntimeName;

const installed = path.join(root, "test/runtimes/node_modules");

/** The first file `<scope>/<any package>/<file>`: the package's name tells platform and libc. */
function inPlatformPackage(scope: string, file: string): string | undefined {
	const folder = path.join(installed, scope);
	if (!existsSync(folder)) return undefined;
	return readdirSync(folder)
		.map((name) => path.join(folder, name, file))
		.find((candidate) => existsSync(candidate));
}

function binary(name: RuntimeName): string | undefined {
	switch (name) {
		case "node":
			return process.execPath;
		case "node22":
		case "node24": {
			const file = path.join(installed, name, "bin/node");
			return existsSync(file) ? file : undefined;
		}
		case "bun": {
			// Bun's postinstall script moves the binary out of the platform's package, where scripts may run.
			const moved = path.join(installed, "bun/bin/bun.exe");
			return (
				inPlatformPackage("@oven", "bin/bun") ??
				(existsSync(moved) ? moved : undefined)
			);
		}
		case "deno":
			return inPlatformPackage("@deno", "deno");
	}
}

/**
 * The runtimes that are here. On linux-x64, for which test/runtimes/package.json has them all, a missing one
 * is an error; elsewhere it is left out.
 */
export function availableRuntimes(): RuntimeName[] {
	return runtimeNames.filter((name) => {
		if (binary(name) !== undefined) return true;
		if (process.platform === "linux" && process.arch === "x64")
			throw new Error(
				`Cannot test on ${name}: its binary is not in test/runtimes/node_modules (install it with: npm install --prefix test/runtimes)`,
			);
		return false;
	});
}

/** The permissions that the `serve` task of deno.json gives. */
function denoFlags(): string[] {
	const { tasks } = JSON.parse(
		readFileSync(path.join(root, "deno.json"), "utf8"),
	);
	const task: string =
		typeof tasks.serve === "string" ? tasks.serve : tasks.serve.command;
	const flags = /^deno run (.*?)\s*src\/index\.ts/.exec(task)?.[1];
	if (flags === undefined)
		throw new Error(
			`Cannot read Deno's permissions: the task "serve" of deno.json is not "deno run … src/index.ts" but "${task}"`,
		);
	return flags.split(/\s+/).filter((flag) => flag !== "");
}

/**
 * The command and its first arguments that start the bridge; its own arguments follow.
 *
 * @param preload a module that runs inside the bridge's process before the bridge does
 */
export function bridgeCommand(
	name: RuntimeName = runtimeName,
	preload?: string,
): [command: string, ...args: string[]] {
	const command = binary(name);
	if (command === undefined)
		throw new Error(
			`Cannot start the bridge: no binary of ${name} (install it with: npm install --prefix test/runtimes)`,
		);
	const source = path.join(root, "src/index.ts");
	const first =
		preload === undefined
			? []
			: [name === "bun" || name === "deno" ? "--preload" : "--import", preload];
	if (name === "bun") return [command, ...first, source];
	if (name === "deno")
		return [command, "run", ...denoFlags(), ...first, source];
	const built = path.join(root, "dist/index.js");
	if (!existsSync(built))
		throw new Error(
			"Cannot start the bridge: dist/index.js is missing (build it with: npm run build)",
		);
	return [command, ...first, built];
}
