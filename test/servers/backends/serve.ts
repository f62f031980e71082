import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

interface Request {
	method: string;
	url: URL;
	headers: IncomingHttpHeaders;
	body: string;
}

interface Answer {
	status?: number;
	type?: string;
	/** A text, or what becomes JSON. */
	body: unknown;
}

/** An HTTP server on loopback. */
export async function serve(
	answer: (request: Request) => Answer,
	{ host = "127.0.0.1", port = 0 } = {},
): Promise<{ url: string; stop(): Promise<void> }> {
	const server = createServer(async (incoming, response) => {
		const { method = "", headers } = incoming;
		const body = await text(incoming);
		const url = new URL(incoming.url ?? "/", `http://${host}`);
		const { status = 200, ...rest } = answer({ method, url, headers, body });
		const isText = typeof rest.body === "string";
		const type = rest.type ?? (isText ? "text/plain" : "application/json");
		response.writeHead(status, { "content-type": type });
		response.end(isText ? rest.body : JSON.stringify(rest.body));
	});
	await new Promise<void>((resolve, reject) => {
		server.on("error", reject).listen(port, host, resolve);
	});
	const address = server.address() as AddressInfo;
	return {
		url: `http://${host}:${address.port}`,
		stop: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
}
