import { type ModernClient, modernMeta } from "../protocol/eras/meta.ts";
import {
	type MirroredParameter,
	mirroredByTool,
} from "../protocol/eras/parameter-headers.ts";
import type { Members, Message } from "../protocol/messages.ts";
import type { Peer } from "../protocol/peer.ts";
import type { Served } from "./route-context.ts";

type ByTool = Map<unknown, MirroredParameter[]>;

/** How long a page may take, in ms: who calls a tool waits for it. */
const pageTimeoutMs = 30_000;

/** A list that does not end is not read to its end. */
const mostPages = 100;

/**
 * Knows which parameters of a server's tools have to be mirrored in headers:
 * it reads the server's list of tools once, and again when that has changed.
 */
export class MirroredTools {
	readonly #known = new WeakMap<Served, { version: number; byTool: ByTool }>();
	readonly #reading = new WeakMap<Served, Promise<ByTool>>();

	/** The parameters of one tool; none where the server does not say. */
	async of(
		server: Served,
		client: ModernClient,
		tool: unknown,
	): Promise<readonly MirroredParameter[]> {
		const known = this.#known.get(server);
		const isCurrent = known?.version === server.toolsVersion;
		const byTool = isCurrent ? known.byTool : await this.#read(server, client);
		return byTool.get(tool) ?? [];
	}

	#read(server: Served, client: ModernClient): Promise<ByTool> {
		const running = this.#reading.get(server);
		if (running) return running;
		// As the client that calls: no other child has to be started for this. It wants no log messages of it.
		const { logLevel, ...reader } = client;
		const peer = server.openModern(reader);
		let version = server.toolsVersion;
		const reading = read(peer, reader, (page) => {
			// The child may have been started for this, which counts as a change; what comes later is one.
			if (page === 0) version = server.toolsVersion;
		})
			.then((byTool) => {
				// Also where there is none: it would be no other for the next call.
				this.#known.set(server, { version, byTool });
				return byTool;
			})
			.finally(() => {
				this.#reading.delete(server);
				peer.close();
			});
		this.#reading.set(server, reading);
		return reading;
	}
}

/** All of a server's list; as much as there is where it cannot be read. */
async function read(
	peer: Peer,
	client: ModernClient,
	arrived: (page: number) => void,
): Promise<ByTool> {
	const tools: ByTool = new Map();
	let cursor: unknown;
	for (let page = 0; page < mostPages; page++) {
		const result = await list(peer, client, cursor, () => arrived(page));
		if (!result) break;
		for (const [name, parameters] of mirroredByTool(result)) {
			tools.set(name, parameters);
		}
		cursor = result.nextCursor;
		if (cursor === undefined) break;
	}
	return tools;
}

/** One page; undefined where there is none. */
function list(
	peer: Peer,
	client: ModernClient,
	cursor: unknown,
	arrived: () => void,
): Promise<Members | undefined> {
	const params = {
		...(cursor === undefined ? {} : { cursor }),
		_meta: modernMeta(undefined, client),
	};
	return new Promise((resolve) => {
		const timer = setTimeout(() => resolve(undefined), pageTimeoutMs);
		peer.ask(
			{ jsonrpc: "2.0", id: 0, method: "tools/list", params },
			(message: Message) => {
				if ("method" in message) return;
				clearTimeout(timer);
				arrived();
				resolve("result" in message ? message.result : undefined);
			},
		);
	});
}
