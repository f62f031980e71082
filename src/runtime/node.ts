import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { Runtime } from "./runtime.ts";

/** Longer than the 60 s after which load balancers drop idle connections, so that it is never us who closes under a request. */
const keepAliveTimeoutMs = 75_000;

/** Node, by node:http. */
export const node: Runtime = {
	name: `Node ${process.versions.node}`,
	async listen(fetch, { hostname, port, maxHeaderBytes }) {
		// The parser counts the request line and separators too; what is over the app's own limit is refused there.
		const maxHeaderSize = maxHeaderBytes + 16_384;
		const serverOptions = { maxHeaderSize };
		const server = createAdaptorServer({ fetch, serverOptions }) as Server;
		server.keepAliveTimeout = keepAliveTimeoutMs;
		await new Promise<void>((resolve, reject) => {
			server.once("error", reject);
			server.listen(port, hostname, resolve);
		});
		return {
			port: (server.address() as AddressInfo).port,
			async close(graceMs) {
				const closed = new Promise((resolve) => server.close(resolve));
				// Connections that become idle after close() would stay until their client goes.
				const idle = setInterval(() => server.closeIdleConnections(), 50);
				const rest = setTimeout(() => server.closeAllConnections(), graceMs);
				await closed;
				clearInterval(idle);
				clearTimeout(rest);
			},
		};
	},
};
