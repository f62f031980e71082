import { echo } from "../../bench/clients/session.ts";
import { handshake } from "../handshake.ts";
import {
	askable,
	type SessionContext,
	type SessionKind,
	serverUrl,
} from "../session-kind.ts";
import { StreamableClient } from "../streamable-client.ts";

type Use = (client: StreamableClient, number: number) => Promise<void>;

const closed: Use = (client) => client.close();
const abandoned: Use = async (client) => client.leave();

export const streamable: readonly SessionKind[] = [
	{
		name: "Streamable HTTP, one call, DELETE",
		share: 245,
		run: session({}, closed),
	},
	{
		name: "Streamable HTTP, one call, abandoned",
		share: 150,
		run: session({}, abandoned),
	},
	{
		name: "Streamable HTTP, answer as an event stream, DELETE",
		share: 100,
		run: session({}, async (client, number) => {
			await steps(client, number);
			await client.close();
		}),
	},
	{
		name: "Streamable HTTP, GET stream cut, abandoned",
		share: 60,
		run: session({}, async (client) => {
			await listenAndCut(client);
			client.leave();
		}),
	},
	{
		name: "Streamable HTTP, GET stream cut, then DELETE",
		share: 40,
		run: session({}, async (client) => {
			await listenAndCut(client);
			await client.close();
		}),
	},
	{
		name: "Streamable HTTP, a child of its own, DELETE",
		share: 1,
		run: session({ capabilities: askable }, closed),
	},
	{
		name: "Streamable HTTP, a child of its own, abandoned",
		share: 1,
		run: session({ capabilities: askable }, abandoned),
	},
	{
		name: 'Streamable HTTP, isolation "session", abandoned',
		share: 1,
		run: session({ server: "session" }, abandoned),
	},
];

const revisions = ["2025-03-26", "2025-06-18", "2025-11-25"] as const;

/** Opens a session, calls a tool in it and leaves the rest, its end included, to `use`. */
function session(
	{
		server = "auto",
		capabilities = {},
	}: { server?: "auto" | "session"; capabilities?: object },
	use: Use,
) {
	return async (context: SessionContext): Promise<void> => {
		const { number } = context;
		const revision = revisions[number % 3] ?? revisions[0];
		const client = new StreamableClient(
			serverUrl(context, server, "mcp"),
			revision,
		);
		try {
			await handshake(client, { revision, capabilities });
			await echo(client);
			await use(client, number);
		} finally {
			client.leave();
		}
	};
}

async function listenAndCut(client: StreamableClient): Promise<void> {
	await client.listen();
	await echo(client);
	client.cut();
}

async function steps(client: StreamableClient, number: number): Promise<void> {
	const progressToken = `token ${number}`;
	const text = `Step by step, number ${number}`;
	const { result, notifications } = await client.askAll("tools/call", {
		name: "steps",
		arguments: { text },
		_meta: { progressToken },
	});
	const { content } = result as { content?: { text?: unknown }[] };
	const tokens = notifications.map(({ params }) => params?.progressToken);
	if (
		content?.[0]?.text !== text ||
		tokens.join() !== Array(3).fill(progressToken).join()
	)
		throw new Error(
			`wrong answer to steps: ${JSON.stringify({ result, notifications }).slice(0, 300)}`,
		);
}
