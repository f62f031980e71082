/** One client's conversation. A wrong, late or missing answer is an error, never a number. */
export interface Session {
	ask(method: string, params: object): Promise<unknown>;
	tell(method: string): Promise<void>;
	/** Says goodbye in the way of its dialect and closes its connections. */
	close(): Promise<void>;
	/** Answers it was sent that answer nothing it asked. */
	strays(): number;
}

export interface Message {
	id?: unknown;
	method?: string;
	result?: unknown;
	error?: { code: number; message: string };
}

export const requestTimeoutMs = 20_000;
export const revision = "2025-06-18";

export function encode(message: Message & { params?: object }): string {
	return JSON.stringify({ jsonrpc: "2.0", ...message });
}

export function resultOf({ error, result }: Message): unknown {
	if (error) throw new Error(`error ${error.code}: ${error.message}`);
	return result;
}

export async function initialize(session: Session): Promise<void> {
	const result = (await session.ask("initialize", {
		protocolVersion: revision,
		capabilities: {},
		clientInfo: { name: "bench", version: "1.0.0" },
	})) as { protocolVersion?: unknown; capabilities?: { tools?: unknown } };
	if (result?.protocolVersion !== revision || !result.capabilities?.tools)
		throw new Error(`wrong answer to initialize: ${excerpt(result)}`);
	await session.tell("notifications/initialized");
}

export async function listTools(session: Session): Promise<void> {
	const result = (await session.ask("tools/list", {})) as {
		tools?: { name: string }[];
	};
	if (
		result?.tools?.map(({ name }) => name).join() !== "echo,size,blob,numbers"
	)
		throw new Error(`wrong answer to tools/list: ${excerpt(result)}`);
}

export async function callTool(
	session: Session,
	name: string,
	args: object,
	expected: string,
): Promise<void> {
	const result = (await session.ask("tools/call", {
		name,
		arguments: args,
	})) as { content?: { text?: unknown }[] };
	if (result?.content?.[0]?.text !== expected)
		throw new Error(`wrong answer to tools/call ${name}: ${excerpt(result)}`);
}

let calls = 0;

/** A small call whose answer no other call has. */
export function echo(session: Session): Promise<void> {
	const text = `The quick brown fox, number ${++calls}`;
	return callTool(session, "echo", { text }, text);
}

function excerpt(value: unknown): string {
	return String(JSON.stringify(value)).slice(0, 200);
}
