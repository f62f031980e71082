import fc from "fast-check";

/** Requests as a client that knows no rules could send them: raw bytes, one character each. */

const paths = [
	...["/mcp", "/sse", "/messages", "/status", "/metrics", "/health/ready"],
	...["/servers/everything/mcp", "/servers/everything/sse"],
	...[
		"/servers/everything/messages?session_id=x",
		"/servers/everything/health",
	],
	...[
		"/",
		"//",
		"//mcp",
		"/servers//mcp",
		"/servers/%ff/mcp",
		"/servers/%/mcp",
	],
	...["/servers/%00/mcp", "/servers/everything%2fmcp", "/%2e%2e/", "\\mcp"],
	...[
		"/servers/everything/mcp?%ff",
		"/servers/everything/messages?sessionId=%",
	],
	...["/servers/everything/mcp#x", "/servers/\xe9/mcp", `/${"a".repeat(9000)}`],
];

const targets = [
	...["*", "", "x", "?", "#", "http:", "http://", "http:///mcp", "http://:80/"],
	...[
		"http://[::1/mcp",
		"http://%/mcp",
		"http://\xe9/mcp",
		"http://x:99999/mcp",
	],
	...[
		"ftp://x/mcp",
		"file:///mcp",
		"data:,x",
		"x:80",
		"u:p@x:80",
		"//u:p@x/mcp",
	],
];

const values = [
	...[
		"",
		"x",
		"*",
		"null",
		"http://\xe9",
		"\xff\xfe",
		"http://[::1",
		"http://%",
	],
	...[
		"http://xn--a",
		"http://localhost",
		"a/b;q=x",
		"text/event-stream;q=1e400",
	],
	...[
		"application/json; charset=\xff",
		"-1",
		"1e400",
		"a-1-1",
		"a-1-1-%",
		";;;",
	],
	...["2025-11-25", "2026-07-28", "2024-11-05", "tools/call", "=?base64?!!?="],
	"a".repeat(5000),
];

const hosts = [
	...[
		"",
		"a b",
		"[::1",
		"]",
		"u:p@x",
		"\xe9.com",
		"x:99999",
		"x/y",
		"x?y",
		"x#y",
	],
	...["%00", "xn--", "xn--a", "1.2.3.4.5", "@", "\\", "..", "*", "http://x"],
];

const names = [
	...["Origin", "Content-Type", "Accept", "Last-Event-ID", "Mcp-Session-Id"],
	...[
		"MCP-Protocol-Version",
		"Mcp-Method",
		"Mcp-Name",
		"Mcp-Param-x",
		"Cookie",
	],
	...[
		"X-Forwarded-Prefix",
		"X-Forwarded-For",
		"traceparent",
		"Content-Encoding",
	],
	...["Access-Control-Request-Method", "Access-Control-Request-Headers"],
];

const methods = [
	...["GET", "POST", "DELETE", "OPTIONS", "PUT", "PATCH", "TRACE", "CONNECT"],
	...["PROPFIND", "get", "FOO", "G\xe9T"],
];

const bodies = [
	...["", "{}", "[]", "null", "1", "{", "\xff\xfe", "[".repeat(5000)],
	'{"jsonrpc":"2.0","id":1,"method":"ping"}',
	'{"jsonrpc":"2.0","id":1e400,"method":"ping","params":[]}',
	'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":1}}',
	'{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}',
];

/** Any bytes that do not end a line. */
const bytes = fc
	.array(fc.integer({ min: 1, max: 255 }), { maxLength: 30 })
	.map((codes) =>
		String.fromCharCode(...codes.filter((code) => code !== 10 && code !== 13)),
	);

/** One of them, or now and then any bytes. */
function anyOf(known: readonly string[]): fc.Arbitrary<string> {
	return fc.oneof(
		{ weight: 6, arbitrary: fc.constantFrom(...known) },
		{ weight: 1, arbitrary: bytes },
	);
}

/** Any request to a bridge that is at this host. */
export function oddRequests(host: string): fc.Arbitrary<string> {
	const ofHost = (prefix: string) =>
		fc.constantFrom(...paths).map((path) => `http://${prefix}${host}${path}`);
	const target = fc.oneof(
		{ weight: 6, arbitrary: fc.constantFrom(...paths) },
		{ weight: 1, arbitrary: ofHost("") },
		{ weight: 1, arbitrary: ofHost("u:p@") },
		{ weight: 2, arbitrary: anyOf(targets) },
		{ weight: 1, arbitrary: bytes.map((text) => `/${text}`) },
	);
	const hostHeader = fc.oneof(
		{ weight: 2, arbitrary: fc.constant(host) },
		{ weight: 1, arbitrary: anyOf(hosts) },
	);
	const header = fc
		.tuple(fc.constantFrom(...names), anyOf(values))
		.map(([name, value]) => `${name}: ${value}\r\n`);
	const body = fc
		.tuple(fc.constantFrom(...bodies), fc.constantFrom("length", "chunked", ""))
		.map(([text, how]) => {
			if (how === "length")
				return `Content-Length: ${text.length}\r\n\r\n${text}`;
			const chunk = text && `${text.length.toString(16)}\r\n${text}\r\n`;
			return how === "chunked"
				? `Transfer-Encoding: chunked\r\n\r\n${chunk}0\r\n\r\n`
				: "\r\n";
		});
	return fc
		.record({
			method: fc.oneof(
				{ weight: 3, arbitrary: fc.constantFrom("GET", "POST", "DELETE") },
				{ weight: 1, arbitrary: anyOf(methods) },
			),
			target,
			hostHeader,
			headers: fc.array(header, { maxLength: 3 }),
			body,
		})
		.map(
			(all) =>
				`${all.method} ${all.target} HTTP/1.1\r\nHost: ${all.hostHeader}\r\n${all.headers.join("")}${all.body}`,
		);
}
