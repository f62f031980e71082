import type { Server } from "node:http";
import { type AddressInfo, type Socket, Server as TcpServer } from "node:net";
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
		const server = createAdaptorServer({
			fetch,
			serverOptions,
			// For clients of HTTP/1.0, which name none.
			hostname,
		}) as Server;
		server.keepAliveTimeout = keepAliveTimeoutMs;
		const sockets = new Set<Socket>();
		server.on("connection", (socket) => {
			sockets.add(socket);
			socket.once("close", () => sockets.delete(socket));
		});
		await new Promise<void>((resolve, reject) => {
			server.once("error", reject);
			server.listen(port, hostname, resolve);
		});
		return {
			port: (server.address() as AddressInfo).port,
			async close(graceMs) {
				// By the close() of HTTP an answer that its client has not read would be cut: the connection is idle to it.
				const closed = new Promise((resolve) =>
					TcpServer.prototype.close.call(server, resolve),
				);
				// Connections that become idle after close() would stay until their client goes.
				const idle = setInterval(() => {
					const isRead = [...sockets].every(
						({ writableLength }) => writableLength === 0,
					);
					if (isRead) server.closeIdleConnections();
				}, 50);
				const rest = setTimeout(() => server.closeAllConnections(), graceMs);
				await closed;
				clearInterval(idle);
				clearTimeout(rest);
			},
		};
	},
};
