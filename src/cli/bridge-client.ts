import { type ListRead, readList } from "../multiplex/lists/read-list.ts";
import { parseJson, printJson } from "../protocol/json.ts";
import {
	type ErrorObject,
	isMembers,
	type Members,
} from "../protocol/messages.ts";
import { latestLegacyRevision } from "../protocol/revisions.ts";
import type { Fetch } from "../runtime/runtime.ts";
import { version } from "../version.ts";
import { CommandError } from "./command-error.ts";

/** What a server has answered. */
export type Answer = { result: Members } | { error: ErrorObject };

/**
 * One session with one server of a bridge, be that in this process or
 * elsewhere: what `fetch` is decides it. It can be asked nothing.
 */
export class BridgeClient {
	readonly #fetch: Fetch;
	readonly #url: string;
	#session: string | undefined;
	#id = 0;

	/** @param base the bridge's URL, its base path included */
	constructor(fetch: Fetch, base: string, server: string) {
		this.#fetch = fetch;
		this.#url = `${base}/servers/${encodeURIComponent(server)}/mcp`;
	}

	/** Begins the session. Has the server started where it is not. */
	initialize(): Promise<Answer> {
		return this.ask("initialize", {
			protocolVersion: latestLegacyRevision,
			capabilities: {},
			clientInfo: { name: "mcp-edge-bridge", version },
		});
	}

	/** @throws {CommandError} where what answers is no bridge */
	async ask(method: string, params: Members = {}): Promise<Answer> {
		const id = this.#id++;
		const response = await this.#send(
			"POST",
			{
				"content-type": "application/json",
				accept: "application/json, text/event-stream",
			},
			printJson({ jsonrpc: "2.0", id, method, params }),
		);
		const session = response.headers.get("mcp-session-id");
		if (session) this.#session = session;
		const text = await this.#textOf(response);
		const isStream = response.headers
			.get("content-type")
			?.startsWith("text/event-stream");
		const answer = (isStream ? eventsOf(text) : [text])
			.map(messageOf)
			.find((message) => "result" in message || "error" in message);
		if (isMembers(answer?.result)) return { result: answer.result };
		if (isErrorObject(answer?.error)) return { error: answer.error };
		throw this.#notABridge(`HTTP ${response.status}, ${text.slice(0, 200)}`);
	}

	/** All entries of a list, whatever it is of, or the error of the page that could not be had. */
	async list(
		method: string,
		member: string,
	): Promise<{ entries: Members[] } | { error: ErrorObject }> {
		const read = await new Promise<ListRead>((resolve, reject) => {
			readList((page, answered) => {
				this.ask(method, page).then(answered).catch(reject);
			}, resolve);
		});
		if ("error" in read) return read;
		const found = read.pages.flatMap((page) => page[member]);
		return { entries: found.filter(isMembers) };
	}

	/** Ends the session. */
	async close(): Promise<void> {
		if (this.#session === undefined) return;
		const response = await this.#send("DELETE", {});
		await response.body?.cancel();
		this.#session = undefined;
	}

	async #send(
		method: string,
		headers: Record<string, string>,
		body?: string,
	): Promise<Response> {
		const request = new Request(this.#url, {
			method,
			headers: {
				...headers,
				...(this.#session && { "mcp-session-id": this.#session }),
			},
			...(body !== undefined && { body }),
		});
		try {
			return await this.#fetch(request);
		} catch (error) {
			throw this.#notABridge(reasonOf(error), error);
		}
	}

	async #textOf(response: Response): Promise<string> {
		try {
			return await response.text();
		} catch (error) {
			throw this.#notABridge(reasonOf(error), error);
		}
	}

	#notABridge(reason: string, cause?: unknown): CommandError {
		return new CommandError(
			"BRIDGE_NOT_REACHED",
			`Cannot ask ${this.#url}: ${reason} (start the bridge, correct --url, or leave it out to start the server for this call alone)`,
			cause,
		);
	}
}

function isErrorObject(error: unknown): error is ErrorObject {
	return (
		isMembers(error) &&
		typeof error.code === "number" &&
		typeof error.message === "string"
	);
}

/** What `fetch` says is 'fetch failed' on Node; its cause says why. */
function reasonOf(error: unknown): string {
	const { message, cause } = error as Error;
	const { code } = Object(cause) as NodeJS.ErrnoException;
	return code ?? message;
}

function messageOf(text: string): Members {
	try {
		const message = parseJson(text);
		return isMembers(message) ? message : {};
	} catch {
		return {};
	}
}

/** The data of each event of a stream. */
function eventsOf(text: string): string[] {
	return text.split(/\r?\n\r?\n/).map((event) =>
		event
			.split(/\r?\n/)
			.filter((line) => line.startsWith("data:"))
			.map((line) => line.slice(5).trimStart())
			.join("\n"),
	);
}
