import { readFileSync } from "node:fs";
import type { Server, ServerResponse } from "node:http";
import { type AddressInfo, type Socket, Server as TcpServer } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { type Runtime, urlHost } from "./runtime.ts";

/** How long a request that is not answered yet keeps its connection at the end: what its body is for is not done any more. */
const streamAfterMs = 500;

/** Where the limit of file descriptors is not known, or none. */
const manyConnections = 65_536;

/** As many as there are file descriptors for, with some left for children. */
function mostConnections(): number {
	try {
		const limits = readFileSync("/proc/self/limits", "utf8");
		const files = Number(/^Max open files +(\d+)/m.exec(limits)?.[1]);
		return Math.min(Math.ceil(files * 0.8) || manyConnections, manyConnections);
	} catch {
		return manyConnections;
	}
}

/** Node, by node:http. */
export const node: Runtime = {
	name: `Node ${process.versions.node}`,
	longestIdleMs: Number.POSITIVE_INFINITY,
	boundsConnections: true,
	certificates: (file) =>
		file === false
			? { NODE_TLS_REJECT_UNAUTHORIZED: "0" }
			: { NODE_EXTRA_CA_CERTS: file },
	async listen(
		fetch,
		{ hostname, port, idleTimeoutMs, maxConnections, maxHeaderBytes },
	) {
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
		server.keepAliveTimeout = idleTimeoutMs;
		// No Request can be made of a URL with a password in it, and so no body be read.
		server.prependListener("request", (incoming) => {
			if (incoming.url?.startsWith("/")) return;
			incoming.url = incoming.url?.replace(/^(https?:\/\/)[^/?#]*@/i, "$1");
		});
		const figures = {
			max: maxConnections ?? mostConnections(),
			closedIdle: 0,
			refused: 0,
		};
		/** The last response on each connection; those that have been idle for longest come first. */
		const connections = new Map<Socket, ServerResponse | undefined>();
		const makeRoom = () => {
			for (const [socket, response] of connections) {
				// What it has been told it may still have to read.
				if (response || socket.writableLength > 0) continue;
				figures.closedIdle++;
				connections.delete(socket);
				socket.destroy();
				return true;
			}
			figures.refused++;
			return false;
		};
		server.prependListener("connection", (socket) => {
			if (connections.size >= figures.max && !makeRoom()) {
				socket.destroy();
				return;
			}
			connections.set(socket, undefined);
			socket.once("close", () => connections.delete(socket));
		});
		server.on("request", ({ socket }, response) => {
			connections.set(socket, response);
			response.once("close", () => {
				// It is the last in the line of those that are idle, unless the next request is there already.
				if (connections.get(socket) !== response) return;
				connections.delete(socket);
				if (!socket.destroyed) connections.set(socket, undefined);
			});
		});
		await new Promise<void>((resolve, reject) => {
			server.once("error", reject);
			server.listen(port, hostname, resolve);
		});
		return {
			port: (server.address() as AddressInfo).port,
			connections: () => ({ open: connections.size, ...figures }),
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
