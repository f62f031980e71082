import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { root } from "./runtimes.ts";
import type { Bridge } from "./start-bridge.ts";

/** A proxy in front of a bridge that compresses what may be compressed. It is a process of its own: what passes there is the bridge's already. */
export async function compressingProxy(
	bridge: Pick<Bridge, "url">,
): Promise<{ url: string; close(): void }> {
	const program = path.join(root, "test/fixtures/compressing-proxy.mjs");
	const child = spawn(process.execPath, [program, bridge.url], {
		stdio: ["ignore", "pipe", "inherit"],
	});
	const lines = createInterface(child.stdout);
	const [url] = (await Promise.race([
		once(lines, "line"),
		once(child, "exit").then(([code]) => {
			throw new Error(`The proxy did not start: exit code ${code}`);
		}),
	])) as [string];
	return { url, close: () => child.kill() };
}
