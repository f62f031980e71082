/**
 * Asks a running bridge for its health, and each of its servers for its tools, over Streamable HTTP and over HTTP+SSE.
 * Prints a table; exit code 0 where all is well, 1 where something is not, 2 where it was called wrongly.
 *
 * node check-servers.mjs URL [SERVER…]
 *
 * With LITELLM_URL and LITELLM_MASTER_KEY set it also asks LiteLLM which tools it sees. MCP_TIMEOUT_MS (60,000) bounds
 * each request: a first start by npx or uvx downloads the server.
 */
const timeoutMs = Number(process.env.MCP_TIMEOUT_MS || 60_000);
const [address, ...only] = process.argv.slice(2);
if (!/^https?:\/\/./.test(address ?? "") || !URL.canParse(address)) {
	console.error(
		"usage: URL [SERVER…], with a URL such as http://127.0.0.1:8080",
	);
	process.exit(2);
}
const { username, password, origin, pathname } = new URL(address);
const base = origin + pathname.replace(/\/$/, "");
/** `fetch` takes no credentials in a URL. */
const credentials = Buffer.from(
	`${decodeURIComponent(username)}:${decodeURIComponent(password)}`,
).toString("base64");
const authorization = username && { authorization: `Basic ${credentials}` };

const rows = [];
await row("bridge", "live", async () => (await json("/health/live")).status);
await row("bridge", "ready", async () => (await json("/health/ready")).status);
const known = await names();
for (const name of only.filter((name) => !known.includes(name)))
	await row(name, "", () => {
		throw new Error(`no such server (there are: ${known.join(", ")})`);
	});
for (const name of known.filter((name) => !only[0] || only.includes(name))) {
	await row(name, "/mcp", () => overStreamable(`/servers/${name}`));
	await row(name, "/sse", () => overSse(`/servers/${name}`));
}
if (process.env.LITELLM_URL)
	await row("LiteLLM", "/mcp-rest", () => askLiteLlm(process.env.LITELLM_URL));

const width = Math.max(...rows.map(({ name }) => name.length));
for (const { name, what, ok, found, ms } of rows)
	console.log(
		`${ok ? "ok    " : "FAILED"}  ${name.padEnd(width)}  ${what.padEnd(9)}  ${`${ms}`.padStart(6)} ms  ${found}`,
	);
process.exit(rows.every(({ ok }) => ok) ? 0 : 1);

async function row(name, what, ask) {
	const start = performance.now();
	let ok = true;
	const found = await Promise.resolve()
		.then(ask)
		.catch((error) => {
			ok = false;
			// fetch says only that it failed; why is in the cause.
			const { cause } = error;
			return `${error.message}${cause ? ` (${cause.message || cause.code})` : ""}`;
		});
	rows.push({
		name,
		what,
		ok,
		found,
		ms: Math.round(performance.now() - start),
	});
}

async function names() {
	const { servers } = await json("/status").catch(() => ({ servers: {} }));
	return Object.keys(servers);
}

async function request(path, init = {}) {
	const response = await fetch(base + path, {
		...init,
		headers: { ...authorization, ...init.headers },
		signal: init.signal ?? AbortSignal.timeout(timeoutMs),
	});
	if (response.ok) return response;
	const text = await response.text();
	throw new Error(`HTTP ${response.status}: ${text.slice(0, 500)}`);
}

async function json(path) {
	return (await request(path)).json();
}

function send(path, message, headers) {
	return request(path, {
		method: "POST",
		headers: {
			"content-type": "application/json",
			accept: "application/json, text/event-stream",
			...headers,
		},
		body: JSON.stringify({ jsonrpc: "2.0", ...message }),
	});
}

/** The handshake and `tools/list`, by whatever `ask` and `tell` are. */
async function listTools(ask, tell) {
	const { capabilities } = await ask("initialize", {
		protocolVersion: "2025-06-18",
		capabilities: {},
		clientInfo: { name: "mcp-edge-bridge-smoke-test", version: "1" },
	});
	await tell("notifications/initialized");
	if (!capabilities.tools) return "has no tools";
	let count = 0;
	let cursor;
	do {
		const page = await ask("tools/list", cursor ? { cursor } : {});
		count += page.tools.length;
		cursor = page.nextCursor;
	} while (cursor);
	return `tools: ${count}`;
}

async function overStreamable(server) {
	const headers = {};
	const path = `${server}/mcp`;
	let id = 0;
	const ask = async (method, params) => {
		const own = ++id;
		const response = await send(path, { id: own, method, params }, headers);
		const session = response.headers.get("mcp-session-id");
		if (session) headers["mcp-session-id"] = session;
		const type = response.headers.get("content-type") ?? "";
		if (!type.startsWith("text/event-stream"))
			return resultOf(await response.json());
		for await (const { data } of events(response)) {
			const message = JSON.parse(data);
			if (message.id === own) return resultOf(message);
		}
		throw new Error("the stream ended without an answer");
	};
	const found = await listTools(ask, (method) =>
		send(path, { method }, headers),
	);
	await request(path, { method: "DELETE", headers });
	return found;
}

async function overSse(server) {
	const stream = new AbortController();
	const timer = setTimeout(
		() => stream.abort(new Error(`no answer within ${timeoutMs} ms`)),
		timeoutMs,
	);
	try {
		const response = await request(`${server}/sse`, {
			headers: { accept: "text/event-stream" },
			signal: stream.signal,
		});
		const incoming = events(response);
		const { value: first } = await incoming.next();
		if (first?.event !== "endpoint")
			throw new Error("the first event is no endpoint");
		// With the prefix that a proxy has added: it is relative to the root of the host.
		const endpoint = new URL(first.data, base).href.slice(base.length);
		let id = 0;
		const ask = async (method, params) => {
			const own = ++id;
			await send(endpoint, { id: own, method, params });
			for (;;) {
				const { value, done } = await incoming.next();
				if (done) throw new Error("the stream ended without an answer");
				const message = value.event === "message" && JSON.parse(value.data);
				if (message?.id === own) return resultOf(message);
			}
		};
		return await listTools(ask, (method) => send(endpoint, { method }));
	} finally {
		clearTimeout(timer);
		stream.abort();
	}
}

function resultOf({ result, error }) {
	if (error) throw new Error(`error ${error.code}: ${error.message}`);
	return result;
}

async function* events(response) {
	let rest = "";
	const text = response.body.pipeThrough(new TextDecoderStream());
	for await (const chunk of text) {
		const blocks = (rest + chunk).split(/\r?\n\r?\n/);
		rest = blocks.pop();
		for (const block of blocks) {
			const fields = block
				.split(/\r?\n/)
				.map((line) => /^(\w+): ?(.*)$/.exec(line) ?? []);
			const all = (wanted) =>
				fields.filter(([, name]) => name === wanted).map(([, , text]) => text);
			const data = all("data").join("\n");
			// A block of comments alone keeps the connection alive.
			if (data) yield { event: all("event")[0] ?? "message", data };
		}
	}
}

/** What a key of LiteLLM's sees; an empty list is a failure. */
async function askLiteLlm(url) {
	const response = await fetch(
		`${url.replace(/\/$/, "")}/mcp-rest/tools/list`,
		{
			headers: { authorization: `Bearer ${process.env.LITELLM_MASTER_KEY}` },
			signal: AbortSignal.timeout(timeoutMs),
		},
	);
	if (!response.ok)
		throw new Error(`HTTP ${response.status}: ${await response.text()}`);
	const { tools = [], message } = await response.json();
	if (tools.length > 0) return `tools: ${tools.length}`;
	throw new Error(
		`no tools (${message ?? "see Empty tool list in README.md"})`,
	);
}
