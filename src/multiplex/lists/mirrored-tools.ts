import { isOfBridge, toolsNotListed } from "../../protocol/bridge-errors.ts";
import { ErrorCode } from "../../protocol/error-codes.ts";
import { printJson } from "../../protocol/json.ts";
import {
	type ErrorObject,
	errorOf,
	type Members,
	type Request,
	type Response,
} from "../../protocol/messages.ts";
import { type ModernClient, modernMeta } from "../../protocol/meta.ts";
import {
	type Mirrored,
	type MirroredParameter,
	mirroredByTool,
} from "../../protocol/parameter-headers.ts";
import type { Peer } from "../../protocol/peer.ts";
import { PageChain } from "./page-chain.ts";
import {
	type ListRead,
	maxPages,
	nextCursorOf,
	pageOf,
	readList,
} from "./read-list.ts";

/** The tools that want something mirrored. */
type ByTool = ReadonlyMap<string, readonly MirroredParameter[]>;

/** What is known of a server's tools to clients with the same capabilities. */
interface Known {
	/** That of the tools when the first page came. */
	version: number;
	chain: PageChain<ByTool>;
	/** The list, while it is being read. */
	reading: Promise<{ byTool: ByTool } | { error: ErrorObject }> | undefined;
}

/** What {@link MirroredTools} works with. */
export interface MirroredToolsOptions {
	/** The server's name, for errors. */
	server: string;
	/** The peer for a request of a modern client. */
	open(client: ModernClient): Peer;
	/** Another number whenever the server's tools may be others than before. */
	version(): number;
	/** How long a page may take, a start of the child included, in ms. */
	pageTimeoutMs(): number;
}

const toolsList = "tools/list";
/** Sets of capabilities for which tools are known. */
const maxKnown = 20;
/** Longer capabilities, in characters, are not kept. */
const maxKeyLength = 10_000;
/** In characters, of the names of tools, arguments and headers. */
const maxSize = 1024 * 1024;

/**
 * Knows which parameters of a server's tools have to be mirrored in headers:
 * from the lists that pass, which clients read before they call, or from one
 * that it reads itself.
 *
 * The specification has a server that processes a request's body reject what
 * its headers do not mirror (2026-07-28, basic/transports/streamable-http,
 * 'Server Validation'), since something on the way may have gone by the headers.
 * So nothing passes unchecked because a list is missing: a call waits for the
 * list, is refused where there is none within its time, and the next one asks
 * for it again. Only a server that says that it has no such method has no tool whose
 * definition could want anything.
 */
export class MirroredTools {
	readonly #options: MirroredToolsOptions;
	/** By what clients declare: a server may show them other tools. The one used last stands last. */
	readonly #known = new Map<string, Known>();

	constructor(options: MirroredToolsOptions) {
		this.#options = options;
	}

	/** The same peer, of which the lists of tools that pass are noted. */
	observe(peer: Peer, client: ModernClient): Peer {
		return {
			tell: (message) => peer.tell(message),
			listen: (receive) => peer.listen(receive),
			close: () => peer.close(),
			ask: (request, receive) => {
				if (request.method !== toolsList) {
					peer.ask(request, receive);
					return;
				}
				peer.ask(request, (message) => {
					if ("result" in message) this.#note(client, request, message.result);
					receive(message);
				});
			},
		};
	}

	/** What a tool wants mirrored. Waits for the list where it is not known. */
	async of(client: ModernClient, tool: unknown): Promise<Mirrored> {
		const known = this.#knownTo(client);
		const isCurrent = known.version === this.#options.version();
		const pages = isCurrent ? known.chain.whole() : undefined;
		const read = pages ? { byTool: joined(pages) } : await this.#read(client);
		if ("error" in read) return read;
		const parameters = typeof tool === "string" ? read.byTool.get(tool) : [];
		return { parameters: parameters ?? [] };
	}

	#read(client: ModernClient): NonNullable<Known["reading"]> {
		const known = this.#knownTo(client);
		known.reading ??= this.#readNow(client).finally(() => {
			known.reading = undefined;
		});
		return known.reading;
	}

	async #readNow(client: ModernClient): NonNullable<Known["reading"]> {
		const { server } = this.#options;
		// As the client that calls: no other child has to be started for this. It wants no log messages of it.
		const { logLevel, ...reader } = client;
		const read = await new Promise<ListRead>((resolve) => {
			readList((page, answered) => this.#ask(reader, page, answered), resolve);
		});
		if ("error" in read) {
			const { error } = read;
			if (error.code === ErrorCode.methodNotFound) return { byTool: new Map() };
			// The bridge's own say enough: the call would have got the same.
			if (isOfBridge(error)) return { error };
			return { error: toolsNotListed(server, error.message) };
		}
		const pages = read.pages.map(byToolOf);
		if (!read.isCut && pages.every((page) => page !== undefined)) {
			this.#knownTo(client).chain.endAfter(pages.length);
			return { byTool: joined(pages) };
		}
		const reason = read.isCut
			? `there are more than ${maxPages} pages`
			: "a page has no list of tools";
		return { error: toolsNotListed(server, reason) };
	}

	#ask(
		reader: ModernClient,
		page: Members,
		answered: (answer: Response) => void,
	): void {
		const { open, pageTimeoutMs, server } = this.#options;
		const id = 0;
		const params = { ...page, _meta: modernMeta(undefined, reader) };
		const timeoutMs = pageTimeoutMs();
		const late = toolsNotListed(server, `no answer within ${timeoutMs} ms`);
		// One for each page: a modern client's peer is good for one request.
		const peer = this.observe(open(reader), reader);
		let isOver = false;
		const finish = (answer: Response) => {
			if (isOver) return;
			isOver = true;
			clearTimeout(timer);
			peer.close();
			answered(answer);
		};
		const timer = setTimeout(() => finish(errorOf(id, late)), timeoutMs);
		peer.ask({ jsonrpc: "2.0", id, method: toolsList, params }, (message) => {
			if (!("method" in message)) finish(message);
		});
	}

	#note(client: ModernClient, request: Request, result: Members): void {
		const page = pageOf(request);
		const kept = byToolOf(result);
		if (!page || !kept) return;
		const known = this.#knownTo(client);
		// The child may have been started for the first page, which counts as a change; what comes later is one.
		const version = this.#options.version();
		if (known.version !== version) {
			known.chain.clear();
			known.version = version;
		}
		known.chain.note({
			...page,
			next: nextCursorOf(result),
			kept,
			size: sizeOf(kept),
		});
	}

	#knownTo({ capabilities }: ModernClient): Known {
		const key = printJson(capabilities);
		const known = this.#known.get(key) ?? {
			version: Number.NaN,
			chain: new PageChain<ByTool>({ maxPages, maxSize }),
			reading: undefined,
		};
		if (key.length > maxKeyLength) return known;
		this.#known.delete(key);
		this.#known.set(key, known);
		const [oldest = key] = this.#known.keys();
		if (this.#known.size > maxKnown) this.#known.delete(oldest);
		return known;
	}
}

/** What a page of the list says; undefined for what is none. */
function byToolOf(page: Members): ByTool | undefined {
	return Array.isArray(page.tools)
		? new Map(mirroredByTool(page.tools))
		: undefined;
}

function joined(pages: readonly ByTool[]): ByTool {
	const [first = new Map(), ...others] = pages;
	return others.length === 0
		? first
		: new Map(pages.flatMap((page) => [...page]));
}

function sizeOf(byTool: ByTool): number {
	let size = 0;
	for (const [name, parameters] of byTool) {
		size += name.length;
		for (const { header, path } of parameters) {
			size += header.length + path.join().length;
		}
	}
	return size;
}
