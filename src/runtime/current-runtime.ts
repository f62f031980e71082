import type { Runtime } from "./runtime.ts";

/** The runtime that this process runs on; the others' code is not even loaded. */
export async function currentRuntime(): Promise<Runtime> {
	if ("Bun" in globalThis) return (await import("./bun.ts")).bun;
	if ("Deno" in globalThis) return (await import("./deno.ts")).deno;
	return (await import("./node.ts")).node;
}
