import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll } from "vitest";
import { decodeTraces, type ReceivedSpan } from "./decode-traces.ts";

/** What gets the spans of a bridge, as an OpenTelemetry collector does. */
export interface Collector {
	/** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
	readonly endpoint: string;
	readonly spans: readonly ReceivedSpan[];
	/** The bodies that were no Protocol Buffers. */
	readonly json: readonly unknown[];
	/** How often it was asked, and by which paths. */
	readonly paths: readonly string[];
	/** What `look` finds in what has come, now or later. */
	until<T>(look: (spans: readonly ReceivedSpan[]) => T | undefined): Promise<T>;
	/** The two spans of the request that has this JSON-RPC id: the bridge's own, and the child's where it has one. */
	pair(
		id: string | number,
	): Promise<{ server: ReceivedSpan; client: ReceivedSpan | undefined }>;
}

const deadlineMs = 20_000;

/** @param silent it takes what comes and never answers */
export async function startCollector({
	silent = false,
} = {}): Promise<Collector> {
	const spans: ReceivedSpan[] = [];
	const json: unknown[] = [];
	const paths: string[] = [];
	const watchers = new Set<() => void>();
	const server = createServer(async (request, response) => {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk);
		const body = Buffer.concat(chunks);
		paths.push(request.url ?? "");
		if (request.headers["content-type"] === "application/json")
			json.push(JSON.parse(body.toString()));
		else spans.push(...decodeTraces(body));
		for (const watcher of watchers) watcher();
		if (!silent) response.end();
	}).listen(0, "127.0.0.1");
	await once(server, "listening");
	afterAll(() => {
		server.closeAllConnections();
		server.close();
	});
	const until: Collector["until"] = (look) =>
		new Promise((resolve, reject) => {
			const end = () => {
				clearTimeout(timer);
				watchers.delete(watcher);
			};
			const watcher = () => {
				const found = look(spans);
				if (found === undefined) return;
				end();
				resolve(found);
			};
			const timer = setTimeout(() => {
				end();
				const names = spans.map(({ name, kind }) => `${name} (${kind})`);
				reject(new Error(`No such span came: ${names.join(", ")}`));
			}, deadlineMs);
			watchers.add(watcher);
			watcher();
		});
	const { port } = server.address() as AddressInfo;
	return {
		endpoint: `http://127.0.0.1:${port}`,
		spans,
		json,
		paths,
		until,
		pair: (id) =>
			until((all) => {
				const server = all.find(
					({ attributes }) => attributes["jsonrpc.request.id"] === String(id),
				);
				return (
					server && {
						server,
						client: all.find(
							({ parentSpanId }) => parentSpanId === server.spanId,
						),
					}
				);
			}),
	};
}
