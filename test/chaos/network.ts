import {
	type Connection,
	isSsePost,
	isSseStream,
	newConnection,
} from "./connection.ts";
import type { Journal } from "./journal.ts";
import type { Random } from "./random.ts";
import { SseLink } from "./sse-link.ts";
import type { Loss } from "./tracked-request.ts";
import { watchedResponse } from "./watched-response.ts";

/** How long a connection that was cut may go on to have an effect, in ms. */
const aftermathMs = 5000;

/** How a connection came to its end. */
interface ConnectionEnd {
	how: string;
	/** The bridge has ended it. */
	isOrderly?: boolean;
	/** False where nobody listened. */
	isReached?: boolean;
}

/** A message was to go to an endpoint that the client has lost. */
export class NoStream extends Error {
	override name = "NoStream";
}

/**
 * The network of one client: what it does goes through `fetch`, the test cuts
 * its connections, and every request that is in a broken one is accounted for.
 */
export class Network {
	readonly client: string;
	readonly sse = new SseLink();
	/** The bridge has said that it does not know the client's session. */
	sessionGone = false;
	readonly #journal: Journal;
	readonly #open = new Set<Connection>();
	#lastCut = Number.NEGATIVE_INFINITY;
	#isLeaving = false;

	constructor(client: string, journal: Journal) {
		this.client = client;
		this.#journal = journal;
	}

	/** Cuts connections as a network does: all of a client with HTTP+SSE, of others all or one. Gives how many. */
	cut(random: Random): number {
		const open = [...this.#open];
		if (open.length === 0) return 0;
		const isAll = open.some(isSseStream) || random.chance(0.5);
		const chosen = isAll ? open : [random.pick(open)];
		this.#lastCut = performance.now();
		for (const connection of chosen) {
			connection.isCut = true;
			connection.abort.abort();
		}
		return chosen.length;
	}

	/** The client begins anew; what it had does not count any more. */
	forget(): void {
		this.sse.forget();
		this.sessionGone = false;
	}

	/** The client goes: it closes all that it has. */
	leave(): void {
		this.#isLeaving = true;
		for (const { abort } of this.#open) abort.abort();
	}

	/** What since then may have broken something that is more than one connection. */
	lossSince(began: number): Loss | undefined {
		return this.#lastCut >= began ? "cut" : this.#journal.absentSince(began);
	}

	/** As the global one, for this client. */
	readonly fetch = async (
		input: string | URL | Request,
		init: RequestInit = {},
	): Promise<Response> => {
		const url = new URL(input instanceof Request ? input.url : input);
		const connection = newConnection(url, init);
		if (isSsePost(connection) && !this.sse.endpoint?.endsWith(url.search)) {
			for (const request of this.#journal.named(connection.sent))
				request.withdraw();
			throw new NoStream();
		}
		const { signal } = connection.abort;
		this.#open.add(connection);
		if (isSseStream(connection)) this.sse.begin(connection);
		let response: Response;
		try {
			response = await fetch(url, {
				...init,
				signal: init.signal ? AbortSignal.any([init.signal, signal]) : signal,
			});
		} catch (error) {
			throw this.#broken(connection, error);
		}
		await this.#judgeStatus(connection, response);
		if (response.body === null || !response.ok) {
			this.#over(connection, { how: "its response is empty" });
			return response;
		}
		return watchedResponse(response, {
			arrived: (text) => {
				connection.received += text;
				if (isSseStream(connection)) this.sse.arrived(connection);
			},
			ended: (how) => this.#over(connection, { how, isOrderly: true }),
			failed: (error) => this.#broken(connection, error),
		});
	};

	async #judgeStatus(
		connection: Connection,
		response: Response,
	): Promise<void> {
		const { method, url, sent, began } = connection;
		const { status, headers } = response;
		this.#journal.count(this.#journal.statuses, `${method} ${status}`);
		if (response.ok) {
			connection.isTaken = isSsePost(connection);
			if (connection.isTaken)
				for (const request of this.#journal.named(sent)) request.isTaken = true;
			return;
		}
		const isDraining = this.#journal.absentSince(began) === "SIGTERM";
		if (!(status === 503 && headers.has("retry-after") && isDraining)) {
			const body = await response.clone().text();
			this.#journal.violation(
				`${this.client}: ${method} ${url.pathname} got ${status} ${body}`,
				this.client,
			);
		}
		if (status === 404) this.sessionGone = true;
		for (const request of this.#journal.named(sent)) request.refuse(status);
		if (isSseStream(connection)) this.sse.refuse(status);
	}

	/** What the client gets of a connection that is broken. */
	#broken(connection: Connection, error: unknown): unknown {
		const { cause } = Object(error);
		// Its reader has not got what came.
		if (!isSseStream(connection)) connection.received = "";
		const isReached = Object(cause).code !== "ECONNREFUSED";
		this.#over(connection, { how: `${error} (${cause})`, isReached });
		// To an EventSource an abort is its own doing, after which it does not come back.
		return connection.isCut ? new TypeError("terminated") : error;
	}

	/** Accounts for what a connection that is over still owes. */
	#over(connection: Connection, end: ConnectionEnd): void {
		if (!this.#open.delete(connection) || this.#isLeaving) return;
		const { began, isCut, isTaken, sent, received } = connection;
		const loss = isCut ? "cut" : this.#absence(began, end);
		if (!isSseStream(connection)) {
			if (isTaken || /"(result|error)":/.test(received)) return;
			for (const request of this.#journal.named(sent))
				request.lose(loss, end.how);
			return;
		}
		if (!this.sse.over(connection)) return;
		const isAftermath = this.#lastCut > performance.now() - aftermathMs;
		// A stream that was cut may be read by the bridge behind the next one, which it then replaces: what is owed is kept.
		if (end.isOrderly && loss === undefined && isAftermath) return;
		for (const request of this.#journal.open(this.client))
			request.lose(loss, `its stream is over: ${end.how}`);
		if (loss === undefined && this.sse.refused === undefined)
			this.#journal.violation(
				`${this.client}: a stream is over: ${end.how}`,
				this.client,
			);
	}

	#absence(began: number, { isReached }: ConnectionEnd): Loss | undefined {
		const signal = this.#journal.absentSince(began);
		return signal !== undefined && isReached === false ? "absence" : signal;
	}
}
