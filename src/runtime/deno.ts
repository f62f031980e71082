import type { Fetch, Runtime } from "./runtime.ts";

/** The part of Deno's global that is used here. */
interface Deno {
	version: { deno: string };
	serve(
		options: { hostname: string; port: number; onListen(): void },
		handler: Fetch,
	): { addr: { port: number }; shutdown(): Promise<void> };
}

const { Deno } = globalThis as unknown as { Deno: Deno };

/** Deno, by its own server. */
export const deno: Runtime = {
	name: `Deno ${Deno?.version.deno}`,
	async listen(fetch, { hostname, port }) {
		const server = Deno.serve({ hostname, port, onListen() {} }, fetch);
		return {
			port: server.addr.port,
			async close(graceMs) {
				let timer: NodeJS.Timeout | undefined;
				const grace = new Promise<void>((resolve) => {
					timer = setTimeout(resolve, graceMs);
				});
				// shutdown() waits for open streams; to abort them after it crashes, so they end with the process.
				await Promise.race([server.shutdown(), grace]);
				clearTimeout(timer);
			},
		};
	},
};
