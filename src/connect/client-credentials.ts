/** What `--client-id`, `--client-secret` and `--token-url` say. */
export interface ClientCredentials {
	clientId: string;
	clientSecret: string;
	tokenUrl: string;
}

/** How long before its end a token is not used any more, in ms. */
const marginMs = 30_000;

/**
 * Gets tokens for a client by itself (RFC 6749, section 4.4), as sparfenyuk/mcp-proxy does: from the URL that is given,
 * without asking the remote server where to.
 *
 * @returns gives the token that is in force; `renew`: it was refused
 */
export function clientCredentials({
	clientId,
	clientSecret,
	tokenUrl,
}: ClientCredentials): (renew: boolean) => Promise<string> {
	let token: { text: string; until: number } | undefined;
	let asking: Promise<string> | undefined;
	const ask = async () => {
		const userPass = [clientId, clientSecret].map(encodeURIComponent).join(":");
		const response = await fetch(tokenUrl, {
			method: "POST",
			headers: {
				accept: "application/json",
				authorization: `Basic ${btoa(userPass)}`,
				"content-type": "application/x-www-form-urlencoded",
			},
			body: "grant_type=client_credentials",
		});
		const text = await response.text();
		const { access_token, expires_in } = readJson(text);
		if (!response.ok || typeof access_token !== "string")
			throw new Error(
				`Cannot get a token from ${tokenUrl}: it answers ${response.status} ${text.slice(0, 300)} (check --client-id, --client-secret and --token-url)`,
			);
		const lastsMs = Number(expires_in ?? 3600) * 1000;
		token = { text: access_token, until: Date.now() + lastsMs - marginMs };
		return access_token;
	};
	return async (renew) => {
		if (!renew && token && token.until > Date.now()) return token.text;
		asking ??= ask().finally(() => {
			asking = undefined;
		});
		return await asking;
	};
}

function readJson(text: string): {
	access_token?: unknown;
	expires_in?: unknown;
} {
	try {
		return Object(JSON.parse(text));
	} catch {
		return {};
	}
}
