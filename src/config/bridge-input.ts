import type { BridgeLimits, BridgeTimeouts } from "./bridge-limits.ts";
import type { ServerInput } from "./server-input.ts";

/** The servers, and where and to whom they are offered. */
export interface BridgeSurface {
	/**
	 * The servers by name; at least one must be enabled. A name becomes part of the URL (`/servers/github/mcp`),
	 * percent-encoded if necessary (`/servers/%40acme%2Fnotes/mcp`): at most 128 characters, no control characters, no
	 * `.` or `..` between slashes.
	 *
	 * @danger Of two names that differ only in upper and lower case, the second is not served.
	 */
	servers: Readonly<Record<string, ServerInput>>;

	/**
	 * Address or host name to listen on; an IPv6 address with or without brackets.
	 *
	 * @defaultValue `"127.0.0.1"` (this machine only)
	 * @danger With `"0.0.0.0"` or `"::"` everybody who can reach the port can run the tools of every server.
	 */
	host?: string | undefined;

	/**
	 * TCP port to listen on. 0 picks a free one.
	 *
	 * @defaultValue `8080`
	 */
	port?: number | undefined;

	/**
	 * Path in front of every route, health checks included, such as `"/mcp-bridge"`.
	 *
	 * @defaultValue `""` (none)
	 */
	basePath?: string | undefined;

	/**
	 * Name of the server that is also offered at `/mcp`, `/sse` and `/messages`.
	 *
	 * @defaultValue the enabled server, if there is exactly one
	 */
	defaultServer?: string | undefined;

	/**
	 * Whether to honour the `X-Forwarded-Prefix` header of a reverse proxy.
	 *
	 * @defaultValue `false`
	 * @danger If no proxy sets that header, a client decides which paths it is sent to.
	 */
	trustProxy?: boolean | undefined;

	/**
	 * Host names accepted in the `Host` header in addition to `host`, without a port. Names that nobody can register are
	 * always accepted: addresses, names without a dot, and `*.localhost`.
	 *
	 * @defaultValue `[]`
	 * @danger `"*"` turns the check off, and with it the protection from DNS rebinding: any web page that is open in a
	 * browser on this machine can then call the servers.
	 */
	allowedHosts?: readonly string[] | undefined;

	/**
	 * Origins accepted in the `Origin` header, such as `"https://app.example.com"`, in addition to loopback addresses
	 * and the names in `host` and `allowedHosts`. Their pages get CORS headers.
	 *
	 * @defaultValue `[]`
	 * @danger `"*"` lets every web page call the servers. So does, in effect, `"null"`, which files, sandboxed frames and
	 * some applications send: any web page can put itself into a sandboxed frame.
	 */
	allowedOrigins?: readonly string[] | undefined;

	/**
	 * Names of response headers that pages of those origins may read in addition to `Mcp-Session-Id`, for example ones
	 * that a proxy in front adds.
	 *
	 * @defaultValue `[]`
	 */
	exposedHeaders?: readonly string[] | undefined;

	/**
	 * How a POST to a Streamable HTTP endpoint is answered. `"auto"`: as JSON if the answer is the only message,
	 * otherwise as an SSE stream; `"sse"`: always a stream; `"json"`: always JSON.
	 *
	 * @defaultValue `"auto"`
	 * @danger With `"json"`, progress, log messages and questions of a running call have no stream to travel on.
	 */
	postResponse?: "auto" | "sse" | "json" | undefined;

	/**
	 * Serves Streamable HTTP without sessions: no session id is given out, one that is sent is ignored, and GET and
	 * DELETE are answered with 405. HTTP+SSE is not affected.
	 *
	 * @defaultValue `false` (there are sessions, and requests without one are served too)
	 * @danger Clients receive nothing but answers and their progress: no `list_changed`, no resource updates, no
	 * questions. Servers with isolation `"session"` cannot serve clients of revisions before 2026-07-28 this way.
	 */
	stateless?: boolean | undefined;

	/**
	 * Secret from which session ids are sealed, at least 32 characters. A bridge that is restarted with the same key, or
	 * a second bridge that has it, continues the sessions.
	 *
	 * @defaultValue the environment variable `MCP_EDGE_BRIDGE_SESSION_KEY`, otherwise a random key, so that sessions end
	 * with the bridge
	 * @danger Whoever knows it can forge sessions of any user.
	 * @see `docs/http.md#sessions-across-restarts`
	 */
	sessionKey?: string | undefined;
}

/** What `servers.ts` exports. */
export interface BridgeInput
	extends BridgeSurface,
		BridgeTimeouts,
		BridgeLimits {}
