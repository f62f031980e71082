import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

const hints: Record<string, string> = {
	EADDRINUSE:
		"another program listens there (end it, or choose another --port; 0 takes any free one)",
	EADDRNOTAVAIL: "this machine has no such address (choose another --host)",
	ENOTFOUND: "no such name or address (choose another --host)",
	EACCES: "not permitted (choose a --port above 1023)",
};

/** Why the bridge cannot listen, and what to do. */
export class ListenError extends Error {
	override readonly name = "ListenError";
	readonly code = "LISTEN_FAILED";

	private constructor(
		cause: NodeJS.ErrnoException,
		code: string | undefined,
		host: string,
		port: number,
	) {
		const hint = hints[code ?? ""] ?? cause.message;
		super(`Cannot listen on ${host}:${port}: ${hint}`, { cause });
	}

	/** Of a name that nobody knows Deno gives no code, and Bun that of whatever failed before it. */
	static async of(
		cause: NodeJS.ErrnoException,
		host: string,
		port: number,
	): Promise<ListenError> {
		const isKnown = isIP(host) !== 0 || (await isResolved(host));
		const code = isKnown ? cause.code : "ENOTFOUND";
		return new ListenError(cause, code, host, port);
	}
}

function isResolved(host: string): Promise<boolean> {
	return lookup(host).then(
		() => true,
		() => false,
	);
}
