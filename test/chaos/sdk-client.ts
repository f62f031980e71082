import * as v2 from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport as SseTransportV1 } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport as StreamableTransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ResultSchema } from "@modelcontextprotocol/sdk/types.js";
import type { Json, Sdk, TransportName } from "../harness/clients.ts";
import {
	type ChaosClient,
	type ClientContext,
	failed,
	handshake,
} from "./chaos-client.ts";
import { textOf } from "./id-book.ts";

export interface SdkOptions {
	sdk: Sdk;
	transport: TransportName;
	/** It speaks revision 2026-07-28. */
	modern?: boolean;
}

/** What the clients of both SDKs have in common. */
interface Connected {
	request(method: string, params: Json): Promise<unknown>;
	/** DELETE, where there is a session. */
	terminate(): Promise<void>;
	close(): Promise<void>;
}

/** Longer than any run: it is the network that tells what is lost. */
const timeout = 2 ** 31 - 1;
const anything = {
	"~standard": {
		version: 1 as const,
		vendor: "mcp-edge-bridge-test",
		validate: (value: unknown) => ({ value }),
	},
};

/** The official SDKs' clients. They come back by themselves; only where a status was final to them they are made anew. */
export function sdkClient(
	context: ClientContext,
	options: SdkOptions,
): ChaosClient {
	const { network } = context;
	const isSse = options.transport === "sse";
	const childErrorCode = options.modern === true ? -32603 : -32000;
	let client: Connected | undefined;

	async function begin(): Promise<void> {
		await handshake(context, childErrorCode, async ({ nonce }) => {
			network.forget();
			await client?.close();
			client = await connect(context, options, nonce, (made) => {
				client = made;
			});
		});
	}

	return {
		async ready() {
			const isLost = () =>
				client === undefined ||
				network.sessionGone ||
				network.sse.refused !== undefined;
			do {
				if (isLost()) await begin();
				if (isSse) await network.sse.settled();
			} while (isLost());
		},
		call(request, args) {
			const params = { name: request.tool, arguments: args };
			client?.request("tools/call", params).then(
				(result) => request.answer({ text: textOf(result) }, childErrorCode),
				(error) => failed(context, request, error, childErrorCode),
			);
		},
		async close() {
			await client?.terminate();
			network.leave();
			await client?.close();
		},
	};
}

/** @param made called before it is connected */
async function connect(
	{ base, network, journal, name }: ClientContext,
	{ sdk, transport, modern }: SdkOptions,
	nonce: string,
	made: (client: Connected) => void,
): Promise<Connected> {
	const url = new URL(`${base}/${transport === "sse" ? "sse" : "mcp"}`);
	const { fetch } = network;
	const info = { name: nonce, version: "0.0.1" };
	const onerror = (error: Error) => {
		if (/unknown message id/i.test(error.message))
			journal.violation(`${name}: ${error.message}`, name);
	};
	if (sdk === "v1") {
		const wire =
			transport === "sse"
				? new SseTransportV1(url, { fetch })
				: new StreamableTransportV1(url, { fetch });
		const own = new ClientV1(info);
		own.onerror = onerror;
		const client: Connected = {
			request: (method, params) =>
				own.request({ method, params } as never, ResultSchema, { timeout }),
			async terminate() {
				if ("terminateSession" in wire) await wire.terminateSession();
			},
			close: () => own.close(),
		};
		made(client);
		await own.connect(wire as never, { timeout });
		return client;
	}
	const wire =
		transport === "sse"
			? new v2.SSEClientTransport(url, { fetch })
			: new v2.StreamableHTTPClientTransport(url, { fetch });
	const own = new v2.Client(
		info,
		modern === true
			? { versionNegotiation: { mode: { pin: "2026-07-28" } } }
			: {},
	);
	own.onerror = onerror;
	const client: Connected = {
		request: (method, params) =>
			own.request({ method, params }, anything, { timeout }),
		async terminate() {
			if ("terminateSession" in wire && modern !== true)
				await wire.terminateSession();
		},
		close: () => own.close(),
	};
	made(client);
	await own.connect(wire as never, { timeout });
	return client;
}
