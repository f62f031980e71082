/** Says of an error of a connection what is wrong, and what to do. */
export function explain(error: unknown): string {
	const text = textOf(error);
	const status = statusOf(error);
	const hint = hints.find(([pattern]) => pattern.test(text))?.[1];
	if (status !== undefined) {
		const advice = adviceOf(status);
		return advice === undefined ? text : `${text} (${advice})`;
	}
	return hint === undefined ? text : `${text} (${hint})`;
}

/** Whether the remote has forgotten the session that a message was for. */
export function isGone(error: unknown): boolean {
	const status = statusOf(error);
	return status === 404 || (status === 400 && /session/i.test(textOf(error)));
}

/** Whether a message cannot have got to the remote, so that it may be sent again. */
export function wasNotSent(error: unknown): boolean {
	return statusOf(error) === undefined && unreachable.test(textOf(error));
}

/** As Node, Bun and Deno say it. */
const unreachable =
	/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ConnectionRefused|FailedToOpenSocket|Unable to connect|tcp connect error|dns error/i;

const hints: readonly (readonly [RegExp, string])[] = [
	[
		/certificate|self.signed|UNABLE_TO_|ERR_TLS|UnknownIssuer/i,
		"where its certificate is signed by an authority of your own, give that by --verify-ssl FILE; --no-verify-ssl checks nothing",
	],
	[
		unreachable,
		"check the URL, and that the server runs and can be reached from here",
	],
];

function adviceOf(status: number): string | undefined {
	if (status === 401 || status === 403)
		return "give credentials that it takes: --headers Authorization 'Bearer …', API_ACCESS_TOKEN, or --client-id, --client-secret and --token-url";
	if (status === 404 || status === 405)
		return "check the path of the URL, and choose what it speaks by --transport sse or --transport streamablehttp";
	return undefined;
}

/** The HTTP status that the SDK's errors have as their code. */
function statusOf(error: unknown): number | undefined {
	const { code } = Object(error) as { code?: unknown };
	return typeof code === "number" && code >= 300 ? code : undefined;
}

/** What an error and its causes say, each once. */
function textOf(error: unknown): string {
	const texts: string[] = [];
	for (
		let at: unknown = error;
		at instanceof Error && texts.length < 4;
		at = at.cause
	) {
		const { code } = at as NodeJS.ErrnoException;
		const text =
			typeof code === "string" && !at.message.includes(code)
				? `${at.message} ${code}`
				: at.message;
		if (text !== "" && !texts.some((other) => other.includes(text)))
			texts.push(text);
	}
	return texts.length > 0 ? texts.join(": ") : String(error);
}
