/** How long a request may take, in ms; 0 is for ever. */
export interface TimeLimits {
	/** From when it was sent, or its last progress, and before that for its turn. */
	requestTimeoutMs: number;
	/** From when it was sent, progress or not. */
	maxRequestTimeoutMs: number;
}
