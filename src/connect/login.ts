import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";
import type { OAuthClientProvider } from "@modelcontextprotocol/sdk/client/auth.js";
import type {
	OAuthClientInformationMixed,
	OAuthClientMetadata,
	OAuthTokens,
} from "@modelcontextprotocol/sdk/shared/auth.js";

/** What is kept of a login. */
interface Kept {
	client?: OAuthClientInformationMixed | undefined;
	tokens?: OAuthTokens | undefined;
	/** Of the redirect URI that the client is registered with. */
	port?: number | undefined;
}

/** How long a person has for a login, in ms. */
const loginTimeoutMs = 300_000;

/**
 * A login by a person (OAuth 2.1 with PKCE; 2025-11-25, basic/authorization): the address to open is told, the answer
 * comes to a listener on loopback. Tokens and the client's registration are kept in a file of the user's alone.
 */
export class Login implements OAuthClientProvider {
	readonly #file: string;
	readonly #tell: (text: string) => void;
	readonly #state = randomBytes(32).toString("base64url");
	#kept: Kept = {};
	#verifier = "";
	#server: Server | undefined;
	#port = 0;
	#code: Promise<string> | undefined;

	/**
	 * @param url of the remote server: there is one login for each
	 * @param tell shows a text to a person
	 */
	constructor(url: string, tell: (text: string) => void) {
		const name = createHash("sha256").update(url).digest("hex").slice(0, 32);
		this.#file = join(configFolder(), "logins", `${name}.json`);
		this.#tell = tell;
	}

	/** Reads what is kept. */
	async load(): Promise<void> {
		try {
			this.#kept = JSON.parse(await readFile(this.#file, "utf8"));
		} catch {
			// There is none, or none that can be read: log in.
		}
	}

	/** Opens the listener, since the address that it has is a part of the login. */
	async prepare(): Promise<void> {
		if (this.#server) return;
		let receive: (code: string) => void = () => {};
		let refuse: (error: Error) => void = () => {};
		const code = new Promise<string>((resolve, reject) => {
			receive = resolve;
			refuse = reject;
		});
		code.catch(() => {});
		this.#code = code;
		const server = createServer((request, response) => {
			const url = new URL(request.url ?? "/", "http://127.0.0.1");
			if (url.pathname !== "/callback") {
				response.writeHead(404).end();
				return;
			}
			const answer = url.searchParams;
			if (!isSame(answer.get("state") ?? "", this.#state)) {
				response.writeHead(400).end("This is the answer to another login.\n");
				return;
			}
			const given = answer.get("code");
			const reason = answer.get("error_description") ?? answer.get("error");
			response
				.writeHead(200, { "content-type": "text/plain; charset=utf-8" })
				.end(
					given === null
						? "The login was refused. You can close this page.\n"
						: "You are logged in. You can close this page.\n",
				);
			if (given !== null) receive(given);
			else refuse(new Error(`the login was refused: ${reason}`));
		});
		this.#server = server;
		this.#port = await listen(server, this.#kept.port ?? 0).catch(async () => {
			// The address that it is registered with is taken.
			this.#kept.client = undefined;
			return await listen(server, 0);
		});
	}

	/** The code that a person's login has brought. */
	async code(): Promise<string> {
		let timer: NodeJS.Timeout | undefined;
		const late = new Promise<never>((_, reject) => {
			timer = setTimeout(
				() => reject(new Error("nobody has logged in within 5 minutes")),
				loginTimeoutMs,
			);
		});
		try {
			return await Promise.race([this.#code ?? late, late]);
		} finally {
			clearTimeout(timer);
			this.close();
		}
	}

	close(): void {
		this.#server?.close();
		this.#server?.closeAllConnections();
		this.#server = undefined;
	}

	get redirectUrl(): string {
		return `http://127.0.0.1:${this.#port}/callback`;
	}

	get clientMetadata(): OAuthClientMetadata {
		return {
			client_name: "mcp-edge-bridge",
			redirect_uris: [this.redirectUrl],
			grant_types: ["authorization_code", "refresh_token"],
			response_types: ["code"],
			token_endpoint_auth_method: "none",
		};
	}

	state(): string {
		return this.#state;
	}

	clientInformation(): OAuthClientInformationMixed | undefined {
		return this.#kept.client;
	}

	async saveClientInformation(
		client: OAuthClientInformationMixed,
	): Promise<void> {
		await this.#keep({ client, port: this.#port });
	}

	tokens(): OAuthTokens | undefined {
		return this.#kept.tokens;
	}

	async saveTokens(tokens: OAuthTokens): Promise<void> {
		await this.#keep({ tokens });
	}

	redirectToAuthorization(url: URL): void {
		this.#tell(
			`Log in: open this address in a browser of this machine\n${url}`,
		);
	}

	saveCodeVerifier(verifier: string): void {
		this.#verifier = verifier;
	}

	codeVerifier(): string {
		return this.#verifier;
	}

	async invalidateCredentials(
		scope: "all" | "client" | "tokens" | "verifier" | "discovery",
	): Promise<void> {
		if (scope === "all" || scope === "client")
			await this.#keep({ client: undefined, tokens: undefined });
		else if (scope === "tokens") await this.#keep({ tokens: undefined });
	}

	async #keep(change: Kept): Promise<void> {
		this.#kept = { ...this.#kept, ...change };
		await this.#write().catch((error) =>
			this.#tell(
				`The login is good for this time only: ${this.#file} cannot be written (${error.message})`,
			),
		);
	}

	async #write(): Promise<void> {
		await mkdir(join(this.#file, ".."), { recursive: true, mode: 0o700 });
		const text = JSON.stringify(this.#kept);
		// Renamed, so that no reader finds half of it, and it has these rights from the start.
		const own = `${this.#file}.${process.pid}`;
		await writeFile(own, text, { mode: 0o600 });
		await rename(own, this.#file);
	}
}

/** Where the user's programs keep their settings (XDG Base Directory Specification). */
function configFolder(): string {
	const { HOME, XDG_CONFIG_HOME } = process.env;
	const config = XDG_CONFIG_HOME || join(HOME || homedir(), ".config");
	return join(config, "mcp-edge-bridge");
}

function listen(server: Server, port: number): Promise<number> {
	return new Promise((resolve, reject) => {
		server.once("error", reject);
		server.listen(port, "127.0.0.1", () => {
			server.off("error", reject);
			const address = server.address();
			resolve(typeof address === "object" ? (address?.port ?? 0) : 0);
		});
	});
}

function isSame(one: string, other: string): boolean {
	const [a, b] = [Buffer.from(one), Buffer.from(other)];
	return a.length === b.length && timingSafeEqual(a, b);
}
