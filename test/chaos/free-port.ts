import { createServer } from "node:net";

/** Below the ports that the system gives out by itself, so that it stays free while the bridge is away. */
export async function freePort(): Promise<number> {
	for (;;) {
		const port = 20_000 + Math.floor(Math.random() * 12_000);
		const free = await new Promise<boolean>((resolve) => {
			const probe = createServer()
				.on("error", () => resolve(false))
				.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
		});
		if (free) return port;
	}
}
