import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { currentRuntime } from "../runtime/current-runtime.ts";

/**
 * Runs this program again with other certificates to trust, which no runtime can be told once it runs: by variables of
 * its environment.
 *
 * @param verify false: trust any; a text: a file of certificates besides those of the system
 * @returns the exit code; undefined where this process trusts them already
 * @throws where that is not possible
 */
export async function restartTrusting(
	verify: false | string,
): Promise<number | undefined> {
	const file = verify === false ? false : resolve(verify);
	if (file !== false && !existsSync(file))
		throw new Error(`there is no file "${file}" (see --verify-ssl)`);
	const runtime = await currentRuntime();
	const variables = runtime.certificates(file);
	if (variables === undefined)
		throw new Error(
			`${runtime.name} takes no certificates from --verify-ssl (start it with DENO_CERT=FILE, or with --unsafely-ignore-certificate-errors, or run the bridge on Node)`,
		);
	const isDone = Object.entries(variables).every(
		([name, value]) => process.env[name] === value,
	);
	if (isDone) return undefined;
	const child = spawn(
		process.execPath,
		[...process.execArgv, ...process.argv.slice(1)],
		{ stdio: "inherit", env: { ...process.env, ...variables } },
	);
	for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
		process.on(signal, () => child.kill(signal));
	return await new Promise<number>((fulfil, reject) => {
		child.on("error", reject);
		child.on("exit", (code) => fulfil(code ?? 1));
	});
}
