import { readdirSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { atOneAddress } from "../harness/at-one-address.ts";
import { callMessage } from "../harness/call-message.ts";
import {
	type ConnectOptions,
	connectDirect,
	type Json,
} from "../harness/clients.ts";
import { freePort } from "../harness/free-port.ts";
import { eventually } from "../harness/processes.ts";
import { initializeRequest } from "../harness/raw-http.ts";
import { runProgram } from "../harness/run-program.ts";
import { bridgeCommand, runtimeName } from "../harness/runtimes.ts";
import { scratch } from "../harness/scratch.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";

/** With a URL the program is a stdio server in front of a remote one. */

const at = scratch();
const paths = { sse: "sse", streamablehttp: "mcp" } as const;
type Transport = keyof typeof paths;
const transports = Object.keys(paths) as Transport[];

/** The program as the command of a stdio client. */
function remote(
	bridge: Pick<Bridge, "url">,
	transport: Transport,
	options: ConnectOptions = {},
) {
	const [command, ...first] = bridgeCommand();
	const url = `${bridge.url}/servers/one/${paths[transport]}`;
	return connectDirect(
		{
			command,
			args: [...first, "--transport", transport, url],
			env: { HOME: at("."), DENO_NO_UPDATE_CHECK: "1" },
		},
		options,
	);
}

const servers = { one: fixture("everything") };
const initialize = `${JSON.stringify(initializeRequest())}\n`;

describe.each(
	transports,
)("in front of a remote server over %s", (transport) => {
	let bridge: Bridge;
	beforeAll(async () => {
		bridge = await startBridge({ servers });
	});

	test("a client sees the server itself, and what it answers is passed on whole", async () => {
		const [client, direct] = await Promise.all([
			remote(bridge, transport),
			connectDirect(servers.one),
		]);
		expect(client.client.getServerVersion()).toEqual(
			direct.client.getServerVersion(),
		);
		expect(client.client.getInstructions()).toBe(
			direct.client.getInstructions(),
		);
		for (const method of ["tools/list", "resources/list", "prompts/list"])
			expect(await client.request(method)).toEqual(
				await direct.request(method),
			);
		const odd = { message: "é, 漢, 🙂\u2028", "x-unknown": [null, { a: 1 }] };
		expect(await client.request("fixture/echo", odd)).toEqual(
			await direct.request("fixture/echo", odd),
		);
		for (const one of [client, direct])
			await expect(one.call("nothing")).rejects.toMatchObject({ code: -32602 });
		await client.close();
		await direct.close();
	});

	test("what the server asks and notifies passes both ways", async () => {
		const model = {
			role: "assistant",
			content: { type: "text", text: "Hi" },
			model: "m",
		};
		const asked: Json[] = [];
		const client = await remote(bridge, transport, {
			capabilities: { sampling: {} },
			answers: {
				"sampling/createMessage": (params) => {
					asked.push(params);
					return model;
				},
			},
		});
		const params = { maxTokens: 5, messages: [], "x-unknown": true };
		expect(
			await client.request("fixture/ask", {
				method: "sampling/createMessage",
				params,
			}),
		).toMatchObject({ answer: model });
		expect(asked).toEqual([params]);
		await client.request("fixture/notify", {
			method: "notifications/tools/list_changed",
		});
		await client.notified("notifications/tools/list_changed");
		await client.close();
	});

	test("stdout holds messages and nothing else, and the end of stdin is exit code 0 after what was asked", async () => {
		const url = `${bridge.url}/servers/one/${paths[transport]}`;
		const program = runProgram([
			"--debug",
			"--transport",
			transport,
			url,
			"--port",
			"1",
		]);
		program.write(
			`no message\n${initialize}${JSON.stringify(callMessage(7, "progress", { steps: 2 }, { progressToken: "p" }))}\n`,
		);
		program.endInput();
		expect(await program.exited).toBe(0);
		const messages = program.stdout
			.trimEnd()
			.split("\n")
			.map((line) => JSON.parse(line));
		expect(messages.flatMap(({ id }) => id ?? []).sort()).toEqual([0, 7]);
		const steps = messages.filter(
			({ method }) => method === "notifications/progress",
		);
		expect(
			steps.map(({ params }) => [params.progressToken, params.progress]),
		).toEqual([
			["p", 1],
			["p", 2],
		]);
		expect(program.stderr).toContain("--port is without effect");
		expect(program.stderr).toContain("no JSON-RPC message");
	});

	test("a remote that goes away and comes back is used again, without the client's doing", async () => {
		const start = await atOneAddress({ servers });
		const first = await start();
		const client = await remote(first, transport);
		expect(await client.text("echo", { message: "before" })).toBe("before");
		const hanging = client
			.call("wait", { until: "never" })
			.catch((error) => error);
		await eventually(async () => {
			const { servers } = (await (
				await fetch(`${first.url}/status`)
			).json()) as {
				servers: Record<string, { shared: { inFlight: number } }>;
			};
			return servers.one?.shared.inFlight === 1;
		}, "the call is in flight");
		await first.stop("SIGKILL");
		expect(String(await hanging)).toContain("The remote server gave no answer");
		const again = await start();
		expect(await client.text("echo", { message: "after" })).toBe("after");
		await client.close();
		await again.stop();
	});

	test("a remote that cannot be reached is exit code 1 with the reason and what to do", async () => {
		const url = `http://127.0.0.1:${await freePort()}/${paths[transport]}`;
		const program = runProgram(["--transport", transport, url]);
		expect(await program.exited).toBe(1);
		expect(program.stdout).toBe("");
		expect(program.stderr).toContain(`REMOTE_NOT_USABLE: Cannot use ${url}`);
		expect(program.stderr).toMatch(/check the URL/);
		expect(program.stderr).not.toMatch(/^\s+at /m);
	});

	test("a path that is not there is exit code 1, and the client's request gets the reason", async () => {
		const program = runProgram([
			"--transport",
			transport,
			`${bridge.url}/nowhere`,
		]);
		program.write(initialize);
		expect(await program.exited).toBe(1);
		expect(program.stderr).toContain("check the path of the URL");
	});
});

/** A server on loopback that answers by the given function, and notes what comes. */
async function stub(
	answer: (
		request: IncomingMessage,
		body: string,
		url: string,
	) => { status?: number; headers?: Record<string, string>; body?: unknown },
) {
	const seen: {
		path: string;
		headers: IncomingMessage["headers"];
		body: string;
	}[] = [];
	const server: Server = createServer(async (request, response) => {
		let body = "";
		for await (const chunk of request) body += chunk;
		seen.push({ path: request.url ?? "", headers: request.headers, body });
		const {
			status = 200,
			headers = {},
			body: answered,
		} = answer(request, body, url);
		response.writeHead(status, {
			"content-type": "application/json",
			...headers,
		});
		response.end(answered === undefined ? "" : JSON.stringify(answered));
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	afterAll(() => void server.close());
	return { url, seen };
}

const result = {
	protocolVersion: "2025-06-18",
	capabilities: {},
	serverInfo: { name: "stub", version: "1" },
};
const streamable = ["--transport", "streamablehttp"];

async function initialized(args: string[], env: Record<string, string> = {}) {
	const program = runProgram([...streamable, ...args], { env });
	program.write(initialize);
	await eventually(
		() => program.stdout.includes("\n"),
		() => `an answer: ${program.stderr}`,
	);
	program.endInput();
	expect(await program.exited).toBe(0);
	expect(JSON.parse(program.stdout)).toMatchObject({ id: 0, result });
	return program;
}

describe("credentials", () => {
	const answer = (request: IncomingMessage, body: string) =>
		request.method === "POST" && body !== ""
			? { body: { jsonrpc: "2.0", id: 0, result } }
			: { status: 405 };

	test.each([
		[
			["-H", "X-One", "1", "--headers", "X-Two", "two words"],
			{},
			{ "x-one": "1", "x-two": "two words" },
		],
		[["-H", "Authorization", "Bearer a"], {}, { authorization: "Bearer a" }],
		[[], { API_ACCESS_TOKEN: "b" }, { authorization: "Bearer b" }],
		[
			["--username", "user", "--password", "pass"],
			{},
			{ authorization: "Basic dXNlcjpwYXNz" },
		],
	])("%j with %j are sent with each request", async (args, env, headers) => {
		const { url, seen } = await stub(answer);
		await initialized([...args, `${url}/mcp`], env as Record<string, string>);
		for (const one of seen) expect(one.headers).toMatchObject(headers);
		expect(seen.some(({ body }) => body !== "")).toBe(true);
	});

	test("--client-id, --client-secret and --token-url get a token, and another where that is refused", async () => {
		let tokens = 0;
		const { url, seen } = await stub((request, body) => {
			if (request.url === "/token")
				return {
					body: {
						access_token: `t${++tokens}`,
						token_type: "Bearer",
						expires_in: 3600,
					},
				};
			if (request.headers.authorization !== "Bearer t2") return { status: 401 };
			return answer(request, body);
		});
		await initialized([
			"--client-id",
			"id",
			"--client-secret",
			"secret",
			"--token-url",
			`${url}/token`,
			`${url}/mcp`,
		]);
		const asked = seen.filter((one) => one.path === "/token");
		expect(asked).toHaveLength(2);
		expect(asked[0]?.headers.authorization).toBe(`Basic ${btoa("id:secret")}`);
		expect(asked[0]?.body).toBe("grant_type=client_credentials");
	});

	test("a person logs in at the address that stderr names; the tokens are kept for the next time in a file of the user's alone", async () => {
		const { url, seen } = await stub((request, body, own) => {
			const { pathname } = new URL(request.url ?? "/", own);
			if (pathname === "/.well-known/oauth-protected-resource/mcp")
				return {
					body: { resource: `${own}/mcp`, authorization_servers: [own] },
				};
			if (pathname === "/.well-known/oauth-authorization-server")
				return {
					body: {
						issuer: own,
						authorization_endpoint: `${own}/authorize`,
						token_endpoint: `${own}/token`,
						registration_endpoint: `${own}/register`,
						response_types_supported: ["code"],
						code_challenge_methods_supported: ["S256"],
					},
				};
			if (pathname === "/register")
				return {
					status: 201,
					body: { ...JSON.parse(body), client_id: "registered" },
				};
			if (pathname === "/token")
				return {
					body: {
						access_token: "by-login",
						token_type: "Bearer",
						refresh_token: "r",
					},
				};
			if (request.headers.authorization !== "Bearer by-login")
				return {
					status: 401,
					headers: {
						"www-authenticate": `Bearer resource_metadata="${own}/.well-known/oauth-protected-resource/mcp"`,
					},
				};
			return answer(request, body);
		});
		const home = at("home");
		const env = { HOME: home, XDG_CONFIG_HOME: path.join(home, "config") };
		const program = runProgram([...streamable, `${url}/mcp`], { env });
		program.write(initialize);
		const address = await eventually(
			() => /^(http:\S+\/authorize\?\S+)$/m.exec(program.stderr)?.[1],
			() => `an address: ${program.stderr}`,
		);
		const query = new URL(address).searchParams;
		const redirect = new URL(query.get("redirect_uri") ?? "");
		expect(redirect.hostname).toBe("127.0.0.1");
		redirect.search = new URLSearchParams({
			code: "c",
			state: "of another",
		}).toString();
		expect((await fetch(redirect)).status).toBe(400);
		redirect.search = new URLSearchParams({
			code: "c",
			state: query.get("state") ?? "",
		}).toString();
		expect((await fetch(redirect)).status).toBe(200);
		await eventually(
			() => program.stdout.includes("\n"),
			() => `an answer: ${program.stderr}`,
		);
		program.endInput();
		expect(await program.exited).toBe(0);
		expect(JSON.parse(program.stdout)).toMatchObject({ id: 0, result });
		const exchange = new URLSearchParams(
			seen.find((one) => one.path === "/token")?.body,
		);
		expect(exchange.get("code")).toBe("c");
		expect(exchange.get("code_verifier")).not.toBeNull();
		// Deno has no permission to write here: it says so, and goes on.
		if (runtimeName === "deno") {
			expect(program.stderr).toContain("good for this time only");
			return;
		}
		const folder = path.join(home, "config/mcp-edge-bridge/logins");
		const [file = ""] = readdirSync(folder);
		expect(statSync(path.join(folder, file)).mode & 0o777).toBe(0o600);
		const before = seen.length;
		await initialized([`${url}/mcp`], env);
		expect(seen.slice(before).map((one) => one.path)).not.toContain("/token");
	});
});

test("a refusal that is the request's own JSON-RPC error reaches the client as it is", async () => {
	const error = { code: -32022, message: "no", data: { supported: ["x"] } };
	const { url, seen } = await stub((request, body) =>
		request.method === "POST" && body !== ""
			? { status: 400, body: { jsonrpc: "2.0", id: "m", error } }
			: { status: 405 },
	);
	const program = runProgram([...streamable, `${url}/mcp`]);
	const _meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28" };
	program.write(
		`${JSON.stringify({ jsonrpc: "2.0", id: "m", method: "tools/call", params: { name: "größe", _meta } })}\n`,
	);
	program.endInput();
	expect(await program.exited).toBe(0);
	expect(JSON.parse(program.stdout)).toEqual({
		jsonrpc: "2.0",
		id: "m",
		error,
	});
	expect(seen.find(({ body }) => body !== "")?.headers).toMatchObject({
		"mcp-protocol-version": "2026-07-28",
		"mcp-method": "tools/call",
		"mcp-name": "=?base64?Z3LDtsOfZQ==?=",
	});
});

test.each([
	["an argument behind the URL", ["http://127.0.0.1:1/mcp", "more"], /more/],
	[
		"client credentials that are not whole",
		["--client-id", "a", "http://127.0.0.1:1/mcp"],
		/--token-url/,
	],
	[
		"a user without a password",
		["--username", "a", "http://127.0.0.1:1/mcp"],
		/--password/,
	],
	["--digest", ["--digest", "http://127.0.0.1:1/mcp"], /--digest/],
	[
		"an unknown transport",
		["--transport", "ws", "http://127.0.0.1:1/mcp"],
		/ws.*sse/,
	],
	[
		"a header that is none",
		["-H", "a b", "c", "http://127.0.0.1:1/mcp"],
		/a b/,
	],
])("%s is exit code 2", async (_name, args, message) => {
	const program = runProgram(args);
	expect(await program.exited).toBe(2);
	expect(program.stdout).toBe("");
	expect(program.stderr).toMatch(message);
});
