import type { ServerConfig } from "../config/resolve-config.ts";
import { canBeAsked, oneWayCapabilities } from "../eras/input.ts";
import { printJson } from "../protocol/json.ts";
import type { Members } from "../protocol/messages.ts";
import { anonymous } from "../protocol/meta.ts";
import type { Era } from "../protocol/revisions.ts";
import { stableJson } from "../protocol/stable-json.ts";

/** A client that is to get a child. */
export interface PlacedClient {
	/** What it speaks. */
	era: Era;
	capabilities: Members;
	/** `clientInfo`, where it gave one. */
	info?: Members | undefined;
	/** Who it has proved to be. */
	principal: string;
}

/** As whom a child is opened. */
export interface OpenedAs {
	capabilities: Members;
	/** Undefined for the bridge itself. */
	info?: Members | undefined;
}

/** Which child a client gets: clients with the same key are on the same one. */
export type Placement = { client: OpenedAs } & (
	| /** With everybody who declares the same. */
	{ use: "shared"; key: string }
	/** With everybody, on a child that is spoken to in revision 2026-07-28 where others are not. */
	| { use: "modern"; key: string }
	/** With whoever cannot be told apart from this client; calls that may ask it something are on it one at a time. */
	| { use: "client"; key: string; opensModern: boolean; keepsState: boolean }
	/** With nobody, for as long as this client is there. */
	| { use: "own"; opensModern: boolean }
);

const nobody: OpenedAs = { capabilities: {} };

/** The child of clients that declare nothing. */
export const plain: Placement & { use: "shared" } = {
	use: "shared",
	key: "shared",
	client: nobody,
};

/** That of modern clients of a server that speaks both eras. */
export const plainModern: Placement & { use: "modern" } = {
	use: "modern",
	key: "modern",
	client: nobody,
};

/**
 * Which child a client gets.
 *
 * @param childEra what the server's children speak; undefined where that is not known yet
 */
export function place(
	{ isolation, protocol }: Pick<ServerConfig, "isolation" | "protocol">,
	client: PlacedClient,
	childEra: Era | undefined,
): Placement {
	const { era, capabilities, info, principal } = client;
	const opensModern = protocol === "dual" && era === "modern";
	const own: Placement = {
		use: "own",
		opensModern,
		client: { capabilities, info },
	};
	const withItsLike = (keepsState: boolean): Placement => ({
		...own,
		use: "client",
		key: keyOf(client),
		keepsState,
	});
	if (isolation === "session") {
		// A modern request has no session: without a principal nothing says that two of them are of one client.
		const isKnown = era === "modern" && principal !== anonymous;
		return isKnown ? withItsLike(true) : own;
	}
	if (opensModern) return plainModern;
	// A modern child answers with what it wants to know, so nobody has to be found for its questions.
	if (childEra === "modern" || isolation === "shared") return plain;
	if (canBeAsked(capabilities)) {
		return era === "modern" ? withItsLike(false) : own;
	}
	const declared = oneWayCapabilities(capabilities);
	if (Object.keys(declared).length === 0) return plain;
	const key = `shared ${stableJson(declared)}`;
	return { use: "shared", key, client: { capabilities: declared } };
}

function keyOf({ principal, capabilities, info }: PlacedClient): string {
	return `client ${printJson([principal, capabilities, info])}`;
}
