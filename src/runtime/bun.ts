import { setTimeout as delay } from "node:timers/promises";
import { type Fetch, type Runtime, urlHost } from "./runtime.ts";

/** The part of Bun's global that is used here. */
interface Bun {
	version: string;
	serve(options: {
		fetch: Fetch;
		hostname: string;
		port: number;
		idleTimeout: number;
		maxRequestBodySize: number;
	}): {
		port: number;
		readonly pendingRequests: number;
		stop(closeActiveConnections: boolean): Promise<void>;
	};
}

const { Bun } = globalThis as unknown as { Bun: Bun };

/** Bun, by its own server. */
export const bun: Runtime = {
	name: `Bun ${Bun?.version}`,
	// Its idleTimeout would end silent streams too.
	closesIdleConnections: false,
	certificates: (file) =>
		file === false
			? { NODE_TLS_REJECT_UNAUTHORIZED: "0" }
			: { NODE_EXTRA_CA_CERTS: file },
	async listen(fetch, { hostname, port }) {
		const base = `http://${urlHost(hostname)}`;
		const server = Bun.serve({
			// The server itself is what knows a client's address.
			fetch: (request, bindings) => {
				if (URL.canParse(request.url)) return fetch(request, bindings);
				// A client of HTTP/1.0 need not name a host: the URL is a path then.
				const url = base + request.url;
				return request.headers.get("host") || !URL.canParse(url)
					? new Response("The request has no valid Host header\n", {
							status: 400,
						})
					: fetch(new Request(url, request));
			},
			hostname,
			port,
			// Otherwise a silent stream is cut after seconds.
			idleTimeout: 0,
			// The app has a limit of its own, and says so in JSON.
			maxRequestBodySize: Number.MAX_SAFE_INTEGER,
		});
		return {
			port: server.port,
			async close(graceMs) {
				void server.stop(false);
				const until = performance.now() + graceMs;
				// A connection without a whole request would keep it open for ever.
				while (server.pendingRequests > 0 && performance.now() < until) {
					await delay(20);
				}
				await server.stop(true);
			},
		};
	},
};
