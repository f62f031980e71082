import { connect, type Json, type TransportName } from "../harness/clients.ts";
import { initializeRequest, openSse, post } from "../harness/raw-http.ts";

/** What a client sees of a server: topic → what it saw, or the error that it got. */
export type Seen = Record<string, unknown>;

/** The same client script for both programs. */
export async function observe(
	base: string,
	transport: TransportName,
): Promise<Seen> {
	const seen: Seen = {};
	const { name, url } = place(base);
	const client = await connect({ url }, name, { transport, sdk: "v1" });
	const look = async (topic: string, what: () => unknown) => {
		try {
			seen[topic] = (await what()) ?? null;
		} catch (error) {
			const { code, message, data } = error as {
				code?: number;
				message: string;
				data?: unknown;
			};
			seen[topic] = {
				error: { code, message, ...(data !== undefined && { data }) },
			};
		}
	};
	const ask = (topic: string, method: string, params?: Json) =>
		look(topic, () => client.request(method, params));

	await look("server name and version", () => {
		const { name, version } = client.client.getServerVersion() ?? {};
		return { name, version };
	});
	await look("other members of serverInfo", () => {
		const { name, version, ...rest } = client.client.getServerVersion() ?? {
			name: "",
			version: "",
		};
		return rest;
	});
	await look("instructions", () => client.client.getInstructions());
	await look("capabilities", () => client.client.getServerCapabilities());
	await ask("ping", "ping");
	await ask("tools/list", "tools/list");
	await look("the second page of tools/list", async () => {
		const { nextCursor } = await client.request("tools/list");
		return client.request("tools/list", { cursor: nextCursor });
	});
	const call = (topic: string, name: string, args: Json = {}) =>
		look(topic, async () => {
			const { isError, ...result } = await client.call(name, args);
			return isError === true ? { ...result, isError } : result;
		});
	await look("isError where the server does not say it", async () => {
		return (await client.call("echo", { message: "m" })).isError;
	});
	await call("a tool's text", "echo", { message: "é, 漢, 🙂" });
	await call("structured content", "add", { a: 1, b: 2 });
	await call("every kind of content", "content");
	await call("a tool that fails", "fail", { message: "oh" });
	await call("a JSON-RPC error of a tool", "refuse");
	await call("an unknown tool", "nothing");
	await ask("resources/list", "resources/list");
	await ask("resources/templates/list", "resources/templates/list");
	await ask("resources/read", "resources/read", { uri: "fixture://text/1" });
	await ask("an unknown resource", "resources/read", { uri: "nowhere:1" });
	await ask("prompts/list", "prompts/list");
	await ask("prompts/get", "prompts/get", {
		name: "greet",
		arguments: { name: "Ada", style: "formal" },
	});
	await ask("an unknown prompt", "prompts/get", { name: "nothing" });
	await ask("completion/complete", "completion/complete", {
		ref: { type: "ref/prompt", name: "greet" },
		argument: { name: "style", value: "f" },
	});
	await ask("logging/setLevel", "logging/setLevel", { level: "error" });
	await ask("resources/subscribe", "resources/subscribe", {
		uri: "fixture://text/1",
	});
	await ask("resources/unsubscribe", "resources/unsubscribe", {
		uri: "fixture://text/1",
	});
	await ask("an unknown method", "fixture/echo", { a: 1 });
	await look("notifications of the server", async () => {
		await client.call("change-lists");
		return client.notifications.map(({ method }) => method);
	});
	await client.close();
	return seen;
}

/** The same without a client's library. */
export async function observeWire(base: string): Promise<Seen> {
	const stream = await openSse(`${base}/sse`);
	const { data } = await stream.event(({ event }) => event === "endpoint");
	stream.close();
	const opened = await post(`${base}/mcp`, initializeRequest());
	await opened.text();
	const list = { jsonrpc: "2.0", id: 2, method: "tools/list" } as const;
	const status = async (headers: Record<string, string>) => {
		const response = await post(`${base}/mcp`, list, headers);
		await response.body?.cancel();
		return response.status;
	};
	return {
		"the path of messages": new URL(data ?? "", base).pathname.replace(
			/\/$/,
			"",
		),
		"the name of the session's parameter": [
			...new URL(data ?? "", base).searchParams.keys(),
		],
		"a session id": opened.headers.has("mcp-session-id"),
		"a request without a session": await status({}),
		"a request of an unknown session": await status({
			"mcp-session-id": "0".repeat(32),
		}),
		"a path with a slash at its end": (
			await post(`${base}/mcp/`, initializeRequest())
		).status,
	};
}

/** The server's name and the URL in front of `/servers`; at the root that is a step back. */
function place(base: string): { name: string; url: string } {
	const [, url = base, name = ".."] = /^(.*)\/servers\/(.*)$/.exec(base) ?? [];
	return { name, url };
}
