import type { Client } from "../protocol/client.ts";
import { isMembers, type Members } from "../protocol/messages.ts";
import {
	isLegacyRevision,
	type LegacyRevision,
} from "../protocol/revisions.ts";
import type { Seal } from "./seal.ts";

/** What a session's id says of it: all that a bridge has to know that has never seen it. */
export interface SessionFacts {
	server: string;
	transport: "streamable" | "sse";
	principal: string;
	/** No other session has it. */
	nonce: string;
	/** Who the client is and what it can do, and the revision agreed on; undefined before `initialize`. */
	opening: SessionOpening | undefined;
}

/** What a client's `initialize` has settled. */
export interface SessionOpening {
	revision: LegacyRevision;
	client: Client;
}

/** Clients send the id with each request, and servers refuse headers from 8 kB on. */
const longestId = 4096;

/**
 * Session ids that describe their session and that nobody else can make: any
 * bridge with the same key takes up a session by its id alone. Visible ASCII
 * only (2025-11-25, transports, 'Session Management').
 */
export class SessionIds {
	readonly #seal: Seal;
	readonly #onForeign: () => void;

	/**
	 * @param onForeign called for an id that was made with another key, or by somebody else
	 */
	constructor(seal: Seal, onForeign: () => void) {
		this.#seal = seal;
		this.#onForeign = onForeign;
	}

	/** A session that nobody has yet. */
	begin(
		server: string,
		transport: SessionFacts["transport"],
		principal: string,
	): SessionFacts {
		const nonce = crypto.randomUUID();
		return { server, transport, principal, nonce, opening: undefined };
	}

	/** The id of a session. One whose client says too much of itself for an id says nothing: another bridge cannot take it up. */
	issue(facts: SessionFacts): string {
		const { opening, ...rest } = facts;
		const id = this.#seal.seal({
			...rest,
			...(opening && {
				revision: opening.revision,
				capabilities: opening.client.capabilities,
				...(opening.client.info && { info: nameOf(opening.client.info) }),
			}),
		});
		return id.length <= longestId
			? id
			: this.#seal.seal({ ...rest, tooLong: true });
	}

	/** What an id says; undefined where it is none that a session of this server, transport and principal can be taken up by. */
	open(
		id: string,
		of: Pick<SessionFacts, "server" | "transport" | "principal">,
	): SessionFacts | undefined {
		const content = this.#seal.open(id);
		if (!content) {
			this.#onForeign();
			return undefined;
		}
		const { server, transport, principal, nonce, tooLong } = content;
		const isOurs =
			server === of.server &&
			transport === of.transport &&
			principal === of.principal;
		if (!isOurs || tooLong === true) return undefined;
		return { ...of, nonce: String(nonce), opening: openingOf(content) };
	}
}

function openingOf(content: Members): SessionOpening | undefined {
	const { revision, capabilities, info } = content;
	if (!isLegacyRevision(revision) || !isMembers(capabilities)) return undefined;
	const client = { capabilities, ...(isMembers(info) ? { info } : {}) };
	return { revision, client };
}

/** Without icons and the like, which can be long. */
function nameOf({ name, title, version }: Members): Members {
	return {
		name,
		...(title === undefined ? {} : { title }),
		version,
	};
}
