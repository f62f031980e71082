import { randomUUID } from "node:crypto";
import { serve } from "./serve.ts";

// What cannot run here is stood in for by as much of its HTTP API as the server asks for. Each says what it is.

/** GitHub's API: who the bearer of the token is. */
export interface GithubApi {
	readonly url: string;
	readonly token: string;
	readonly name: string;
	/** Who the bearer is from now on. */
	rename(login: string): void;
	stop(): Promise<void>;
}

/** @param keepsPort whether the server takes a port out of GITHUB_HOST; else it has to be port 80 */
export async function startGithubApi(keepsPort: boolean): Promise<GithubApi> {
	const token = randomUUID();
	let login = "nobody";
	const { url, stop } = await serve(
		({ headers, url }) => {
			if (headers.authorization !== `Bearer ${token}`)
				return { status: 401, body: { message: "Bad credentials" } };
			if (url.pathname !== "/api/v3/user")
				return { status: 404, body: { message: "Not Found" } };
			return { body: { login, id: 1 } };
		},
		// An address of its own, so that what listens at the machine's port 80 is not in the way.
		keepsPort ? {} : { host: "127.0.0.80", port: 80 },
	);
	return {
		url: keepsPort ? url : "http://127.0.0.80",
		token,
		name: "a stand-in for GitHub's API",
		rename(to) {
			login = to;
		},
		stop,
	};
}

/** Loki's API: lines pushed, and queried by an equality of one label. */
export interface Loki {
	readonly url: string;
	readonly name: string;
	stop(): Promise<void>;
}

interface PushedStream {
	stream: Record<string, string>;
	values: [string, string][];
}

export async function startLoki(): Promise<Loki> {
	const given = process.env.TEST_LOKI_URL;
	if (given !== undefined)
		return { url: given, name: "Loki", stop: async () => {} };
	const pushed: PushedStream[] = [];
	const { url, stop } = await serve((request) => {
		const { pathname, searchParams } = request.url;
		if (pathname === "/loki/api/v1/push") {
			pushed.push(...(JSON.parse(request.body).streams as PushedStream[]));
			return { status: 204, body: "" };
		}
		if (pathname !== "/loki/api/v1/query_range")
			return { status: 404, body: "page not found" };
		const query = searchParams.get("query") ?? "";
		const [, label = "", value] = /^\{(\w+)="([^"]*)"\}$/.exec(query) ?? [];
		if (value === undefined)
			return { status: 400, body: `parse error: ${query}` };
		const bound = (name: string) => BigInt(searchParams.get(name) ?? 0);
		const isWithin = ([time]: [string, string]) =>
			BigInt(time) >= bound("start") && BigInt(time) <= bound("end");
		const result = pushed
			.filter(({ stream }) => stream[label] === value)
			.map((one) => ({ ...one, values: one.values.filter(isWithin) }));
		return {
			body: { status: "success", data: { resultType: "streams", result } },
		};
	});
	return { url, name: "a stand-in for Loki", stop };
}

/** n8n's API: workflows made and read. */
export interface N8n {
	readonly url: string;
	readonly key: string;
	readonly name: string;
	stop(): Promise<void>;
}

export async function startN8n(): Promise<N8n> {
	const { TEST_N8N_API_URL, TEST_N8N_API_KEY } = process.env;
	if (TEST_N8N_API_URL !== undefined && TEST_N8N_API_KEY !== undefined)
		return {
			url: TEST_N8N_API_URL,
			key: TEST_N8N_API_KEY,
			name: "n8n",
			stop: async () => {},
		};
	const key = randomUUID();
	const workflows = new Map<string, unknown>();
	const { url, stop } = await serve((request) => {
		if (request.headers["x-n8n-api-key"] !== key)
			return { status: 401, body: { message: "unauthorized" } };
		const [, id] =
			/^\/api\/v1\/workflows(?:\/(.+))?$/.exec(request.url.pathname) ?? [];
		if (request.method === "POST" && id === undefined) {
			const made = { ...JSON.parse(request.body), id: randomUUID() };
			workflows.set(made.id, made);
			return { body: made };
		}
		const found = workflows.get(id ?? "");
		if (request.method !== "GET" || found === undefined)
			return { status: 404, body: { message: "Not Found" } };
		return { body: found };
	});
	return { url, key, name: "a stand-in for n8n's API", stop };
}
