import { parseJson, printJson } from "../../protocol/json.ts";
import { type Id, isId } from "../../protocol/messages.ts";

/** What an event's id says, which a client gives back as `Last-Event-ID` (2025-11-25, transports, 'Resumability and Redelivery'). */
export interface EventId {
	/** One life of a session: the events of a session that was taken up again are counted anew. */
	life: string;
	/** Number of the stream within its session. */
	stream: number;
	/** Number of the event within its stream; 0 stands for its beginning. */
	sequence: number;
	/** The request whose answer the stream still owes. */
	owes?: Id | undefined;
}

/** Ids of requests with more bytes are left out. */
const longestOwed = 100;

/** The text of an event's id. */
export function eventId({ life, stream, sequence, owes }: EventId): string {
	const start = `${life}-${stream}-${sequence}`;
	if (owes === undefined) return start;
	const owed = Buffer.from(printJson(owes));
	return owed.length > longestOwed
		? start
		: `${start}-${owed.toString("base64url")}`;
}

/** Undefined for an id that no session ever gave. */
export function parseEventId(id: string): EventId | undefined {
	const match = /^(\w{1,16})-(\d{1,9})-(\d{1,9})(?:-([\w-]{1,200}))?$/.exec(id);
	if (!match) return undefined;
	const [, life = "", stream, sequence, owed] = match;
	return {
		life,
		stream: Number(stream),
		sequence: Number(sequence),
		owes: owed === undefined ? undefined : readId(owed),
	};
}

function readId(text: string): Id | undefined {
	try {
		const value: unknown = parseJson(Buffer.from(text, "base64url").toString());
		return isId(value) ? value : undefined;
	} catch {
		return undefined;
	}
}
