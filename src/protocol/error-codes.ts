/** The JSON-RPC error codes that the bridge itself gives (JSON-RPC 2.0 section 5.1; MCP basic/index 'error codes'). */
export const ErrorCode = {
	/** The body is not JSON. */
	parseError: -32700,
	/** The body is JSON but no message, or one that does not fit here. */
	invalidRequest: -32600,
	/** The other side does not know the method. */
	methodNotFound: -32601,
	/** The bridge failed. */
	internalError: -32603,
	/** The child could not be started, died, or answered with something that cannot be passed on. */
	serverUnavailable: -32000,
	/** No such session: begin a new one. */
	sessionNotFound: -32001,
	/** A request took too long: the code that the SDKs give it (`RequestTimeout`). */
	requestTimeout: -32001,
	/** A bound of the bridge was reached. */
	limitReached: -32005,
	/** The request was cancelled by its sender. */
	requestCancelled: -32800,
	/** A member of `params` is missing or wrong. */
	invalidParams: -32602,
	/** Legacy revisions only (2025-11-25, server/resources): there is no such resource. */
	resourceNotFound: -32002,
	/** Revision 2025-11-25 only: the client has to open a URL first, then to ask again. */
	urlElicitationRequired: -32042,
	/** Revision 2026-07-28, basic/transports/streamable-http: a header does not say what the body says. */
	headerMismatch: -32020,
	/** Revision 2026-07-28, basic/index: `data.requiredCapabilities` names what the client would have to declare. */
	missingClientCapability: -32021,
	/** Revision 2026-07-28, basic/versioning: the revision is not served here; `data.supported` names those that are. */
	unsupportedProtocolVersion: -32022,
} as const;
