import { callTool, echo, type Session } from "../../bench/clients/session.ts";
import { connectSse } from "../../bench/clients/sse.ts";
import { handshake } from "../handshake.ts";
import {
	type SessionContext,
	type SessionKind,
	serverUrl,
} from "../session-kind.ts";

/** Long enough for the socket to be cut before the answer, in ms. */
const laterMs = 1_000;

export const sse: readonly SessionKind[] = [
	{
		name: "HTTP+SSE, one call, stream closed",
		share: 130,
		run: (context) => session(context, "auto", async () => {}),
	},
	{
		name: "HTTP+SSE, stream cut while a call is in flight",
		share: 70,
		run: (context) => session(context, "auto", cutInFlight),
	},
	{
		name: 'HTTP+SSE, isolation "session", stream cut while a call is in flight',
		share: 1,
		run: (context) => session(context, "session", cutInFlight),
	},
];

/** Opens a session, calls a tool in it, and closes its connections after `use`. */
async function session(
	context: SessionContext,
	server: "auto" | "session",
	use: (client: Session) => Promise<void>,
): Promise<void> {
	const client = await connectSse(serverUrl(context, server, "sse"));
	try {
		await handshake(client, { revision: "2024-11-05", capabilities: {} });
		await echo(client);
		await use(client);
		if (client.strays() > 0) throw new Error("an answer to nothing asked");
	} finally {
		await client.close();
	}
}

async function cutInFlight(client: Session): Promise<void> {
	const args = { text: "in vain", ms: laterMs };
	const call = callTool(client, "later", args, args.text);
	// Once this is answered, the call before it is with the child.
	const [next] = await Promise.allSettled([echo(client)]);
	await client.close();
	await Promise.allSettled([call]);
	if (next.status === "rejected") throw next.reason;
}
