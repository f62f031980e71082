import * as v2 from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport as SseTransportV1 } from "@modelcontextprotocol/sdk/client/sse.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as StreamableTransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ResultSchema } from "@modelcontextprotocol/sdk/types.js";
import type { Bridge, ServerInput } from "./start-bridge.ts";
import { withoutRecorder } from "./wire/record-children.ts";

export type Sdk = "v1" | "v2";
export type TransportName = "sse" | "streamable";

/** Every SDK on every transport: the table of the suites that use real clients. */
export const dialects: { sdk: Sdk; transport: TransportName }[] = [
	{ sdk: "v1", transport: "sse" },
	{ sdk: "v1", transport: "streamable" },
	{ sdk: "v2", transport: "sse" },
	{ sdk: "v2", transport: "streamable" },
];
export const transports: TransportName[] = ["sse", "streamable"];

export type Json = Record<string, unknown>;
export interface Notification {
	method: string;
	params?: Json | undefined;
}
export interface RequestOptions {
	onprogress?: (progress: Json) => void;
	signal?: AbortSignal;
	timeout?: number;
}
/** Answers what the server asks: method → result. */
export type Answers = Record<string, (params: Json) => Json | Promise<Json>>;

/**
 * A client of either SDK. Requests and results pass the SDK's protocol machinery, but none of its schemas
 * for single methods, so that what a test sees is what was on the wire.
 */
export interface TestClient {
	readonly sdk: Sdk;
	readonly transport: TransportName;
	/** The SDK's own client: its `listTools`, `callTool`, … are the same in both. */
	readonly client: ClientV1 | v2.Client;
	/** Every notification so far, progress excepted: that goes to `onprogress`. */
	readonly notifications: readonly Notification[];
	/** What went wrong outside of any request. */
	readonly errors: readonly Error[];
	request(
		method: string,
		params?: Json,
		options?: RequestOptions,
	): Promise<Json>;
	/** tools/call */
	call(name: string, args?: Json, options?: RequestOptions): Promise<Json>;
	/** The text of the first content block of tools/call; an error result throws. */
	text(name: string, args?: Json, options?: RequestOptions): Promise<string>;
	notify(method: string, params?: Json): Promise<void>;
	/** The first notification that matches, past ones included. */
	notified(
		method: string,
		matches?: (params: Json) => boolean,
	): Promise<Notification>;
	close(): Promise<void>;
}

export interface ConnectOptions {
	sdk?: Sdk;
	transport?: TransportName;
	capabilities?: Json;
	answers?: Answers;
	clientInfo?: { name: string; version: string };
	headers?: Record<string, string>;
	/** Instead of the global one. */
	fetch?: typeof fetch;
}

export function serverUrl(
	bridge: Pick<Bridge, "url">,
	server: string,
	transport: TransportName,
): URL {
	return new URL(
		`/servers/${server}/${transport === "sse" ? "sse" : "mcp"}`,
		bridge.url,
	);
}

/** A schema that accepts everything as it is. */
const anything = {
	"~standard": {
		version: 1 as const,
		vendor: "mcp-edge-bridge-test",
		validate: (value: unknown) => ({ value: value as Json }),
	},
};

function methodNotFound(method: string): Error {
	return Object.assign(new Error(`Method not found: ${method}`), {
		code: -32601,
	});
}

/** The transport itself, of either SDK. */
function httpTransport(
	url: URL,
	sdk: Sdk,
	transport: TransportName,
	{ headers = {}, fetch }: Pick<ConnectOptions, "headers" | "fetch">,
) {
	const Transport = {
		v1: { sse: SseTransportV1, streamable: StreamableTransportV1 },
		v2: {
			sse: v2.SSEClientTransport,
			streamable: v2.StreamableHTTPClientTransport,
		},
	}[sdk][transport];
	return new Transport(url, {
		requestInit: { headers },
		...(fetch && { fetch }),
	});
}

/** Connects to a server of the bridge and initializes. The caller closes it. */
export function connect(
	bridge: Pick<Bridge, "url">,
	server: string,
	options: ConnectOptions = {},
): Promise<TestClient> {
	const { sdk = "v1", transport = "streamable" } = options;
	return initialized(
		httpTransport(
			serverUrl(bridge, server, transport),
			sdk,
			transport,
			options,
		),
		{ ...options, sdk, transport },
	);
}

/** Connects to the program itself over stdio, without any bridge: what comes out of one has to equal this. */
export function connectDirect(
	{ command, args = [], env = {} }: ServerInput,
	options: Omit<ConnectOptions, "sdk" | "transport"> = {},
): Promise<TestClient> {
	return initialized(
		new StdioClientTransport({
			command,
			args,
			env: { PATH: process.env.PATH ?? "", ...withoutRecorder(env) },
			stderr: "ignore",
		}),
		{ ...options, sdk: "v1", transport: "streamable" },
	);
}

async function initialized(
	wire: unknown,
	options: ConnectOptions & { sdk: Sdk; transport: TransportName },
): Promise<TestClient> {
	const {
		sdk,
		transport,
		capabilities = {},
		answers = {},
		clientInfo = { name: `test-${sdk}-${transport}`, version: "0.0.1" },
	} = options;
	const notifications: Notification[] = [];
	const errors: Error[] = [];
	const watchers = new Set<() => void>();

	const answer = async ({ method, params }: Notification) => {
		const handler = answers[method];
		if (handler === undefined) throw methodNotFound(method);
		return handler(params ?? {});
	};
	const note = async (notification: Notification) => {
		notifications.push(notification);
		for (const watcher of watchers) watcher();
	};
	const onerror = (error: Error) => {
		errors.push(error);
	};

	let client: ClientV1 | v2.Client;
	let request: TestClient["request"];
	if (sdk === "v1") {
		const own = new ClientV1(clientInfo, { capabilities });
		own.fallbackRequestHandler = answer;
		own.fallbackNotificationHandler = note as never;
		own.onerror = onerror;
		await own.connect(wire as never);
		request = (method, params, options) =>
			own.request(
				{ method, ...(params && { params }) } as never,
				ResultSchema,
				options as never,
			);
		client = own;
	} else {
		// No `versionNegotiation`: the legacy handshake.
		const own = new v2.Client(clientInfo, { capabilities });
		own.fallbackRequestHandler = answer as never;
		own.fallbackNotificationHandler = note as never;
		own.onerror = onerror;
		await own.connect(wire as never);
		request = (method, params, options) =>
			own.request(
				{ method, ...(params && { params }) },
				anything,
				options as never,
			) as Promise<Json>;
		client = own;
	}

	const call: TestClient["call"] = (name, args = {}, callOptions) =>
		request("tools/call", { name, arguments: args }, callOptions);
	return {
		sdk,
		transport,
		client,
		notifications,
		errors,
		request,
		call,
		async text(name, args, callOptions) {
			const { content, isError } = (await call(name, args, callOptions)) as {
				content: { text: string }[];
				isError?: boolean;
			};
			const text = content[0]?.text ?? "";
			if (isError === true) throw new Error(`${name}: ${text}`);
			return text;
		},
		notify: (method, params) =>
			client.notification({ method, ...(params && { params }) } as never),
		async notified(method, matches = () => true) {
			const find = () =>
				notifications.find(
					(one) => one.method === method && matches(one.params ?? {}),
				);
			let watcher = () => {};
			let timer: NodeJS.Timeout | undefined;
			try {
				return await new Promise<Notification>((resolve, reject) => {
					watcher = () => {
						const found = find();
						if (found !== undefined) resolve(found);
					};
					watchers.add(watcher);
					watcher();
					timer = setTimeout(
						() =>
							reject(
								new Error(
									`No ${method} arrived in 15 s, but ${JSON.stringify(notifications)}`,
								),
							),
						15_000,
					);
				});
			} finally {
				clearTimeout(timer);
				watchers.delete(watcher);
			}
		},
		close: () => client.close(),
	};
}
