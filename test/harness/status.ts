import type { Json } from "./clients.ts";
import { eventually } from "./processes.ts";
import { type Message, messagesOf, post } from "./raw-http.ts";
import type { Bridge } from "./start-bridge.ts";

type Address = Pick<Bridge, "url">;

/** One child, as /status has it. */
export interface ChildStatus {
	state: string;
	pid?: number;
	nextStart?: string;
	failures: number;
	lastExit?: string;
	clients: number;
	inFlight: number;
	waiting: number;
}

/** One server, as /status has it. */
export interface ServerStatus {
	name: string;
	state: string;
	isolation: string;
	protocol: string;
	/** What its children speak, where that is settled. */
	era?: string;
	/** The revision that the last one that was ready speaks. */
	revision?: string;
	failure?: {
		code: string;
		reason: string;
		cause: string;
		failures: number;
		firstFailureAt: string;
		lastFailureAt: string;
		nextTry: string;
		notBefore?: string;
		stderr: string[];
		errorLines?: string[];
		stdout?: string[];
	};
	since: string;
	/** In a row. */
	failures: number;
	cause?: string;
	nextTry?: string;
	queue: { unanswered: number; inFlight: number; waiting: number };
	lastCallAt?: string;
	sessions: { streamable: number; sse: number };
	children: { pid: number; use: string; state?: string; uptimeMs?: number }[];
	spawned: number;
	noiseLines: number;
	lastNoiseLine?: string;
	/** Messages that were mended, by what was wrong. */
	repaired: Record<string, number>;
	/** Calls of modern clients that wait for their client. */
	suspendedCalls: number;
	dropped: Record<string, number>;
	shared?: ChildStatus;
	/** Those that clients share which declare the same. */
	sharedByCapabilities: (ChildStatus & { capabilities: Json })[];
	/** What modern clients share of a server that speaks both eras. */
	sharedModern?: ChildStatus;
	own: ChildStatus[];
}

export async function getJson(bridge: Address, path: string): Promise<Json> {
	const response = await fetch(bridge.url + path);
	return (await response.json()) as Json;
}

export async function serverStatus(
	bridge: Address,
	server: string,
): Promise<ServerStatus> {
	const { servers } = await getJson(bridge, "/status");
	const found = (servers as Record<string, ServerStatus>)[server];
	if (found === undefined) throw new Error(`/status has no server "${server}"`);
	return found;
}

/** The process of a server that all its clients share. */
export async function sharedPid(
	bridge: Address,
	server: string,
): Promise<number | undefined> {
	return (await serverStatus(bridge, server)).shared?.pid;
}

/** Kills a child, and waits until the bridge knows. */
export async function killChild(
	bridge: Address,
	server: string,
	pid: number,
): Promise<void> {
	process.kill(pid, "SIGKILL");
	await eventually(async () => {
		const { shared, sharedByCapabilities, sharedModern, own } =
			await serverStatus(bridge, server);
		const all = [shared, ...sharedByCapabilities, sharedModern, ...own];
		return !all.some((child) => child?.pid === pid);
	}, `the bridge does not know that ${pid} has gone`);
}

/** tools/call by one POST, without any session. It is always HTTP 200: an error is one of JSON-RPC. */
export async function callOnce(
	bridge: Address,
	server: string,
	name: string,
	args: Json = {},
): Promise<Message> {
	const response = await post(`${bridge.url}/servers/${server}/mcp`, {
		jsonrpc: "2.0",
		id: "once",
		method: "tools/call",
		params: { name, arguments: args },
	});
	if (response.status !== 200)
		throw new Error(`HTTP ${response.status}: ${await response.text()}`);
	const [message] = (await messagesOf(response)).slice(-1);
	if (message?.id !== "once")
		throw new Error(`No answer but ${JSON.stringify(message)}`);
	return message;
}

/** The text of the first content block of a result. */
export function textOf({ result, error }: Message): string {
	if (error !== undefined) throw new Error(JSON.stringify(error));
	return (result as { content: { text: string }[] }).content[0]?.text ?? "";
}
