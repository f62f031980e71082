const hints: Record<string, string> = {
	EADDRINUSE:
		"another program listens there (end it, or choose another --port; 0 takes any free one)",
	EADDRNOTAVAIL: "this machine has no such address (choose another --host)",
	ENOTFOUND: "no such name (choose another --host)",
	EACCES: "not permitted (choose a --port above 1023)",
};

/** Why the bridge cannot listen, and what to do. */
export class ListenError extends Error {
	override readonly name = "ListenError";
	readonly code = "LISTEN_FAILED";

	constructor(cause: NodeJS.ErrnoException, host: string, port: number) {
		const hint = hints[cause.code ?? ""] ?? cause.message;
		super(`Cannot listen on ${host}:${port}: ${hint}`, { cause });
	}
}
