/** A claim about what is odd in a server, and the setting that is for it. */
export interface Quirk {
	claim: string;
	/** Throws where it does not hold. */
	prove(): Promise<void>;
}
