import type { Connection } from "./call.ts";
import type { ChildChannel } from "./child-channel.ts";

/** What tells on whose behalf a child may be speaking. */
export interface Speakers {
	readonly channel: ChildChannel;
	readonly connections: ReadonlySet<Connection>;
	/** Several clients are on the child. */
	readonly shared: boolean;
}

/**
 * Whose a message must be that names no request: the only client's, or the only
 * one's with calls in flight. Undefined where nobody can know, also because
 * another's call was given up and the child has not answered it.
 */
export function certainSpeaker(speakers: Speakers): Connection | undefined {
	return speakers.shared ? onlySpeaker(speakers) : firstOf(speakers);
}

/** Who is to answer a request of the child; undefined where nobody is. */
export function askedClient(
	method: string,
	speakers: Speakers,
): Connection | undefined {
	const speaker = onlySpeaker(speakers);
	const asked = speaker?.takesQuestions ? speaker : undefined;
	if (speakers.shared) return asked;
	// Roots are what a child asks for of its own accord, whatever it is doing.
	return method === "roots/list"
		? firstOf(speakers)
		: (asked ?? firstOf(speakers));
}

/** The only one on whose behalf the child may be speaking. */
function onlySpeaker({
	channel,
	connections,
}: Speakers): Connection | undefined {
	let only: Connection | undefined;
	for (const connection of channel.speakers()) {
		if (only && connection !== only) return undefined;
		only = connection;
	}
	return only && connections.has(only) ? only : undefined;
}

/** The client of a child that nobody shares: the first that connected. */
function firstOf({ connections }: Speakers): Connection | undefined {
	const [first] = connections;
	return first;
}
