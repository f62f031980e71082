import type { Fetch, Runtime } from "./runtime.ts";

/** The part of Deno's global that is used here. */
interface Deno {
	version: { deno: string };
	serve(
		options: { hostname: string; port: number; onListen(): void },
		handler: Fetch,
	): {
		addr: { port: number };
		finished: Promise<void>;
		shutdown(): Promise<void>;
	};
}

const { Deno } = globalThis as unknown as { Deno: Deno };

/** How long it does not listen after it has run out of file descriptors. */
const deafMs = 100;

/** Deno, by its own server. */
export const deno: Runtime = {
	name: `Deno ${Deno?.version.deno}`,
	longestIdleMs: 0,
	boundsConnections: false,
	// A second process of it would need the permissions of this one.
	certificates: () => undefined,
	async listen(fetch, { hostname, port, deaf }) {
		let isClosing = false;
		const start = (port: number) => {
			const server = Deno.serve({ hostname, port, onListen() {} }, fetch);
			// It ends, for good, where a connection finds no file descriptor: the next one may find one.
			server.finished.catch((error) => {
				if (isClosing) return;
				if (!isOutOfFiles(error)) throw error;
				deaf(error);
				startAgain(server.addr.port);
			});
			return server;
		};
		const startAgain = (port: number) => {
			setTimeout(() => {
				if (isClosing) return;
				try {
					server = start(port);
				} catch (error) {
					if (!isOutOfFiles(error)) throw error;
					startAgain(port);
				}
			}, deafMs);
		};
		let server = start(port);
		return {
			port: server.addr.port,
			connections: () => undefined,
			async close(graceMs) {
				isClosing = true;
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

function isOutOfFiles(error: unknown): boolean {
	return error instanceof Error && /too many open files/i.test(error.message);
}
