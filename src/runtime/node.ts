import type { Server, ServerResponse } from "node:http";
import { type AddressInfo, type Socket, Server as TcpServer } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { type Runtime, urlHost } from "./runtime.ts";

/** Longer than the 60 s after which load balancers drop idle connections, so that it is never us who closes under a request. */
const defaultIdleTimeoutMs = 75_000;

/** How long a request that is not answered yet keeps its connection at the end: what its body is for is not done any more. */
const streamAfterMs = 500;

/** Node, by node:http. */
export const node: Runtime = {
	name: `Node ${process.versions.node}`,
	closesIdleConnections: true,
	certificates: (file) =>
		file === false
			? { NODE_TLS_REJECT_UNAUTHORIZED: "0" }
			: { NODE_EXTRA_CA_CERTS: file },
	async listen(fetch, { hostname, port, idleTimeoutMs, maxHeaderBytes }) {
		// The parser counts the request line and separators too; what is over the app's own limit is refused there.
		const maxHeaderSize = maxHeaderBytes + 16_384;
		const serverOptions = { maxHeaderSize };
		const server = createAdaptorServer({
			fetch,
			serverOptions,
			// For clients of HTTP/1.0, which name none.
			hostname: urlHost(hostname),
		}) as Server;
		// An idle connection is subject to this alone: headersTimeout begins with a request.
		server.keepAliveTimeout = idleTimeoutMs ?? defaultIdleTimeoutMs;
		/** The last response on each connection. */
		const connections = new Map<Socket, ServerResponse | undefined>();
		server.on("connection", (socket) => {
			connections.set(socket, undefined);
			socket.once("close", () => connections.delete(socket));
		});
		server.on("request", ({ socket }, response) => {
			connections.set(socket, response);
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
				const patientUntil = performance.now() + streamAfterMs;
				const endDone = () => {
					const isPatient = performance.now() < patientUntil;
					for (const [socket, response] of connections) {
						const isOpen = response && !response.writableFinished;
						const isAnswering =
							socket.writableLength > 0 || (isOpen && response.headersSent);
						if (!isAnswering && !(isOpen && isPatient)) socket.destroy();
					}
				};
				endDone();
				const done = setInterval(endDone, 50);
				const rest = setTimeout(() => server.closeAllConnections(), graceMs);
				await closed;
				clearInterval(done);
				clearTimeout(rest);
			},
		};
	},
};
