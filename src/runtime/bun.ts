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
		requestIP(request: Request): { address: string } | null;
		timeout(request: Request, seconds: number): void;
		stop(closeActiveConnections: boolean): Promise<void>;
	};
}

const { Bun } = globalThis as unknown as { Bun: Bun };

/** The longest time that it takes. */
const longestIdleMs = 255_000;

/** Bun, by its own server. */
export const bun: Runtime = {
	name: `Bun ${Bun?.version}`,
	longestIdleMs,
	boundsConnections: false,
	certificates: (file) =>
		file === false
			? { NODE_TLS_REJECT_UNAUTHORIZED: "0" }
			: { NODE_EXTRA_CA_CERTS: file },
	async listen(fetch, { hostname, port, idleTimeoutMs }) {
		const seconds = Math.ceil(Math.min(idleTimeoutMs, longestIdleMs) / 1000);
		// One that is to be kept longer is kept for ever.
		const secondsAfterAnswer = idleTimeoutMs > longestIdleMs ? 0 : seconds;
		/** For what it was switched off for: each request, since an answer may take its time, and each stream. */
		const idleAgain = (request: Request) =>
			server.timeout(request, secondsAfterAnswer);
		const answer = async (request: Request, own = request) => {
			server.timeout(own, 0);
			const response = await fetch(request, bindings);
			const type = response.headers.get("content-type");
			if (!type?.startsWith("text/event-stream")) idleAgain(own);
			return response;
		};
		const base = `http://${urlHost(hostname)}`;
		const server = Bun.serve({
			fetch: (request) => {
				// A client of HTTP/1.0 need not name a host: the URL is a path then. It is one too where the Host is none.
				const isPath = request.url.startsWith("/");
				return isPath && !request.headers.get("host")
					? answer(new Request(base + request.url, request), request)
					: answer(request);
			},
			hostname,
			port,
			idleTimeout: seconds,
			// The app has a limit of its own, and says so in JSON.
			maxRequestBodySize: Number.MAX_SAFE_INTEGER,
		});
		/** What the app may ask of the server. */
		const bindings = {
			requestIP: (request: Request) => server.requestIP(request),
			streamEnded: idleAgain,
		};
		return {
			port: server.port,
			connections: () => undefined,
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
