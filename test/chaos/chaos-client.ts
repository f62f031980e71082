import type { Json } from "../harness/clients.ts";
import type { Journal } from "./journal.ts";
import type { Network } from "./network.ts";
import type { LoadedServer } from "./servers.ts";
import type { TrackedRequest } from "./tracked-request.ts";

/** A client of one dialect, which comes back after whatever happened to it. */
export interface ChaosClient {
	/** Connects, or comes back, where that is needed. */
	ready(): Promise<void>;
	/** Sends `tools/call`. Whatever comes of it is told to the request. */
	call(request: TrackedRequest, args: Json): void;
	/** Ends its session. */
	close(): Promise<void>;
}

/** What a client works with. */
export interface ClientContext {
	name: string;
	server: LoadedServer;
	/** `http://…/servers/<name>` */
	base: string;
	journal: Journal;
	network: Network;
	/** Ids of requests as text, where the client makes them itself. */
	textIds: boolean;
	/** Settles when a bridge listens. */
	up(): Promise<void>;
}

const mostAttempts = 50;

/**
 * Tries until it works, each time with a bridge that listens.
 *
 * @param attempt gives why it has not worked
 */
export async function persistently(
	{ name, up }: ClientContext,
	what: string,
	attempt: () => Promise<string | undefined>,
): Promise<void> {
	const reasons: string[] = [];
	while (reasons.length < mostAttempts) {
		await up();
		const reason = await attempt();
		if (reason === undefined) return;
		reasons.push(reason);
	}
	throw new Error(`${name} could not ${what}: ${reasons.join("; ")}`);
}

/**
 * The handshake, again and again where it is lost by a fault.
 *
 * @param attempt sends `initialize` with the request's nonce as the client's name, and settles when that is answered
 */
export function handshake(
	context: ClientContext,
	childErrorCode: number,
	attempt: (request: TrackedRequest) => Promise<unknown>,
): Promise<void> {
	const { journal, name, server } = context;
	return persistently(context, "initialize", async () => {
		const request = journal.begin(name, server.name, "initialize");
		const attempted = attempt(request).then(
			() => {
				if (request.outcome === undefined) request.accept();
			},
			(error) => failed(context, request, error, childErrorCode),
		);
		await request.settled;
		// One that was lost may never come to an end.
		if (request.isAnswered) await attempted;
		return request.isAnswered ? undefined : request.outcome;
	});
}

/** Tells a request of the error that a client's own code threw: of JSON-RPC, or of the network. */
export function failed(
	{ network }: ClientContext,
	request: TrackedRequest,
	error: unknown,
	childErrorCode: number,
): void {
	if (request.outcome !== undefined) return;
	const { code, message, data } = Object(error);
	if (Number.isInteger(code))
		request.answer({ error: { code, message, data } }, childErrorCode);
	else request.lose(network.lossSince(request.began), String(error));
}
