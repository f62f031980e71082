import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { Logger } from "pino";
import { ErrorCode } from "../protocol/error-codes.ts";
import { LineSplitter } from "../protocol/line-splitter.ts";
import {
	asMessage,
	errorOf,
	isRequest,
	type Message,
} from "../protocol/messages.ts";
import {
	type ClientCredentials,
	clientCredentials,
} from "./client-credentials.ts";
import { explain } from "./explain.ts";
import { isFiniteThroughout } from "./is-finite.ts";
import { Link } from "./link.ts";
import { Login } from "./login.ts";
import { remoteFetch } from "./remote-fetch.ts";

/** A remote server, and how to get there. */
export interface Remote {
	url: URL;
	transport: "sse" | "streamablehttp";
	/** Headers of every request. With `Authorization` among them there is no login. */
	headers: Readonly<Record<string, string>>;
	credentials: ClientCredentials | undefined;
}

/** Of one line on stdin. */
const maxLineBytes = 64 * 2 ** 20;
/** How long a message waits for a remote that is away, in ms. */
const streamAfterMs = 30_000;
/** How long answers are waited for once the client has closed stdin, in ms. */
const lastAnswersMs = 5000;

/**
 * Serves the client on stdin and stdout by a remote server, until stdin ends.
 *
 * @throws where the remote cannot be reached
 */
export async function connect(
	{ url, transport, headers, credentials }: Remote,
	log: Logger,
): Promise<void> {
	const hasHeader = Object.keys(headers).some((name) =>
		/^authorization$/i.test(name),
	);
	const login =
		hasHeader || credentials
			? undefined
			: new Login(url.href, (text) => process.stderr.write(`${text}\n`));
	await login?.load();
	const fetch = remoteFetch({
		headers,
		token: credentials && clientCredentials(credentials),
		...(login && { unauthorized: () => login.prepare() }),
		ended: (id) => link.lost(id),
	});
	const options = { fetch, ...(login && { authProvider: login }) };
	const open = (): Transport =>
		transport === "sse"
			? new SSEClientTransport(url, options)
			: new StreamableHTTPClientTransport(url, {
					...options,
					reconnectionOptions: {
						initialReconnectionDelay: 500,
						maxReconnectionDelay: 10_000,
						reconnectionDelayGrowFactor: 1.5,
						maxRetries: Number.POSITIVE_INFINITY,
					},
				});
	const say = (message: unknown) =>
		process.stdout.write(`${JSON.stringify(message)}\n`);
	const link: Link = new Link(
		{
			transport: open,
			streamAfterMs,
			login: async (transport) => {
				if (!login) throw new Error("the server wants a login");
				const code = await login.code();
				await (transport as StreamableHTTPClientTransport).finishAuth(code);
				log.info("logged in");
			},
		},
		{
			message: (message) => {
				if (isFiniteThroughout(message)) say(message);
				else refuse(message as Message, "the remote server", say, log);
			},
			warn: (text) => log.warn(text),
		},
	);
	// A client that has gone does not read.
	process.stdout.on("error", () => process.exit(0));
	try {
		// Streamable HTTP connects with its first message: whether there is anybody should be known before.
		if (transport === "streamablehttp") await fetch(url, { method: "HEAD" });
		await link.open();
		log.info({ url: url.origin, transport }, "connected");
		await relay(link, say, log);
	} catch (error) {
		throw new Error(explain(error), { cause: error });
	} finally {
		login?.close();
		await Promise.race([link.close(), pause(1000)]);
	}
}

/** Passes on what comes on stdin, until its end. Rejected where the first message does not get to the remote. */
function relay(
	link: Link,
	say: (message: unknown) => void,
	log: Logger,
): Promise<void> {
	return new Promise((resolve, reject) => {
		const sent = new Set<Promise<void>>();
		const take = (line: string) => {
			const message = read(line);
			if (message === undefined) {
				if (line.trim() !== "")
					log.warn("a line on stdin is no JSON-RPC message: left out");
				return;
			}
			if (!isFiniteThroughout(message)) {
				refuse(message, "the client", say, log);
				return;
			}
			const sending: Promise<void> = link
				.send(message)
				.catch(reject)
				.finally(() => sent.delete(sending));
			sent.add(sending);
		};
		const lines = new LineSplitter(maxLineBytes, take, ({ bytes }) =>
			log.warn(`a line of ${bytes} bytes on stdin is too long: left out`),
		);
		process.stdin.on("data", (chunk: Buffer) => lines.push(chunk));
		process.stdin.on("end", async () => {
			lines.end();
			const until = performance.now() + lastAnswersMs;
			const isWaiting = () =>
				(sent.size > 0 || link.unanswered > 0) && performance.now() < until;
			while (isWaiting()) await pause(20);
			resolve();
		});
		for (const signal of ["SIGTERM", "SIGINT"] as const)
			process.once(signal, () => resolve());
	});
}

/** Leaves out a message with a number that would go on as `null`; whoever waits for an answer gets an error. */
function refuse(
	message: Message,
	sender: string,
	say: (message: unknown) => void,
	log: Logger,
): void {
	const problem = `a number is larger than JavaScript can hold, and would be passed on as null`;
	log.warn(`a message of ${sender} is left out: ${problem}`);
	const isOfClient = sender === "the client";
	const waits = isOfClient ? isRequest(message) : !("method" in message);
	if (!waits || !("id" in message) || !isFiniteThroughout(message.id)) return;
	const code = isOfClient ? ErrorCode.invalidRequest : ErrorCode.internalError;
	say(
		errorOf(message.id, {
			code,
			message: `The message is left out: ${problem}`,
		}),
	);
}

function read(line: string): Message | undefined {
	try {
		return asMessage(JSON.parse(line));
	} catch {
		return undefined;
	}
}

function pause(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}
