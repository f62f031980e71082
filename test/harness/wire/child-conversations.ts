import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Conversation, Said } from "./conversation.ts";
import { isMembers, memberOf } from "./message.ts";
import { readMessage } from "./read-message.ts";
import {
	isLegacyRevision,
	latestLegacyRevision,
	modernRevision,
	type Revision,
} from "./revisions.ts";

/** What the bridge and its children said to each other: a conversation per file that test/fixtures/record-wire.cjs wrote. */
export function childConversations(folder: string): Conversation[] {
	if (!existsSync(folder)) return [];
	return readdirSync(folder).map((name) => {
		const said = readFileSync(path.join(folder, name), "utf8")
			.split("\n")
			.flatMap((line) => {
				const match = /^([io]) ([\d.]+) (\d+) /.exec(line);
				if (match === null) return [];
				const [head, direction, at, bytes] = match;
				const text = line.slice(head.length);
				if (text.trim() === "") return [];
				return [
					{
						by: direction === "i" ? "bridge" : "peer",
						at: Number(at),
						text,
						cut: Number(bytes) > Buffer.byteLength(text),
					} satisfies Said,
				];
			});
		return {
			peer: "child",
			server: decodeURIComponent(name.slice(0, name.indexOf("."))) || undefined,
			revisions: [revisionOf(said)],
			said,
			problems: [],
		};
	});
}

/** How the names of the files begin for the children of a server. */
export function childRecord(folder: string, server = ""): string {
	const name = encodeURIComponent(server.toLowerCase()).replaceAll(".", "%2E");
	return folder + path.sep + name;
}

/** What the child's answer to `initialize` named; without any `initialize` a child is a modern one. */
function revisionOf(said: readonly Said[]): Revision {
	const messages = said.flatMap((each) => {
		const read = readMessage(each);
		return "message" in read ? [{ ...each, message: read.message }] : [];
	});
	const opening = messages.find(
		({ by, message }) => by === "bridge" && message.method === "initialize",
	);
	if (opening === undefined) return modernRevision;
	const answer = messages.find(
		({ by, message }) =>
			by === "peer" &&
			message.id === opening.message.id &&
			isMembers(message.result),
	);
	const revision = memberOf(answer?.message, "result", "protocolVersion");
	return isLegacyRevision(revision) ? revision : latestLegacyRevision;
}
