import type { Members } from "../protocol/messages.ts";

/** Makes texts that nobody else can make or change. Deterministic: the same content gives the same text. */
export interface Seal {
	/** A text that holds the content, readable by everybody. */
	seal(content: Members): string;
	/** The content of a text that this seal made; undefined for any other. */
	open(text: string): Members | undefined;
	/** A short fingerprint of a text. */
	digest(text: string): string;
}
