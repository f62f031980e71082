/**
 * Which of a server's tools, prompts or resources its clients see and can use: those that `allow` names, or all
 * where there is no `allow`, and of these none that `deny` names. One of the two is required. Upper and lower case
 * differ, and `*` stands for any run of characters.
 */
export interface FilterInput {
	/** The only ones that are offered. An empty list offers none. */
	allow?: readonly string[];
	/** Those that are not offered, whatever `allow` says. */
	deny?: readonly string[];
}

/** One stdio MCP server, as `servers.ts` describes it. */
export interface ServerInput {
	/** The program to run: a name on PATH, or a path. Required. No shell reads it. */
	command: string;

	/** Its arguments, one string each. Default: none. No shell reads them, so there is nothing to quote. */
	args?: readonly string[] | undefined;

	/**
	 * Environment variables for the child. Default: none.
	 * A value that is undefined, such as an unset `process.env.TOKEN`, is an error when the config is loaded.
	 */
	env?: Readonly<Record<string, string | undefined>> | undefined;

	/**
	 * A file of further variables in dotenv syntax, relative to the folder of the config file; `env` comes before it.
	 * Default: none. It has to exist, and is read when the config is.
	 */
	envFile?: string | undefined;

	/**
	 * Names of further variables of the bridge's own environment that the child gets, besides a small
	 * allow-list (PATH, HOME and the like). Default: none.
	 *
	 * Danger: `true` hands over everything, the secrets of all other servers included. Variables that begin with
	 * `MCP_EDGE_BRIDGE_` are the bridge's own and never handed over.
	 */
	inheritEnv?: readonly string[] | true | undefined;

	/** Working directory, relative to the folder of the config file. Default: that folder. It has to exist. */
	cwd?: string | undefined;

	/**
	 * Which clients share a child process. Default `"auto"`.
	 *
	 * - `"auto"`: clients that the server has nothing to ask (they declare none of sampling, elicitation, roots)
	 *   share one child; those that declare extensions or `experimental` share one with those that declare the same
	 *   (`maxCapabilitySets`). Any other client gets a child of its own.
	 * - `"shared"`: everybody, always. The server cannot ask its clients anything.
	 * - `"session"`: nobody, a child per session.
	 *
	 * Danger: a server that keeps state per connection (a login, a browser page) shows one client the state of
	 * another unless this is `"session"`. With `"session"` every connection costs a process.
	 */
	isolation?: "auto" | "shared" | "session" | undefined;

	/**
	 * Requests in flight to one child at a time, at least 1; the rest wait in order. Default: unlimited.
	 *
	 * Danger: servers that write a file without a lock lose writes when unlimited; 1 makes every client wait
	 * for the slowest call.
	 */
	concurrency?: number | undefined;

	/**
	 * Children kept started ahead of demand, a count. Default 0: a child is started by the first request.
	 * With isolation `"shared"` 0 or 1; with `"auto"` the first is the shared child and each further one a
	 * spare for a client that needs its own; with `"session"` all are spares.
	 *
	 * Danger: each is a running process with its memory.
	 */
	warm?: number | undefined;

	/**
	 * Milliseconds without a request after which a child is stopped, open sessions or not. Default 0: never.
	 * A child that `warm` keeps started is not stopped, nor one with a resource that a client is subscribed to;
	 * clients' own children are. What it said to `initialize` and its lists are served while the next one starts.
	 *
	 * Danger: what the server holds in memory is lost, and the next call waits for a start.
	 */
	idleTimeoutMs?: number | undefined;

	/**
	 * Milliseconds from the spawn to the child's answer to `initialize`. Default 30,000.
	 *
	 * Danger: too short for a first `npx` or `uvx`, which downloads the server, and it never starts.
	 */
	startTimeoutMs?: number | undefined;

	/**
	 * Milliseconds of each wait while a child is stopped: stdin is closed, wait, SIGTERM, wait, SIGKILL.
	 * Default 2,000.
	 *
	 * Danger: too short, and a server that is saving its data is killed.
	 */
	stopTimeoutMs?: number | undefined;

	/**
	 * Program and arguments to run when a child was ended by SIGKILL, the bridge's own or another's, for what that
	 * does not reach: `["docker", "rm", "--force", "mcp-files"]`, since the container of a killed `docker run` goes on.
	 * No shell reads them. It runs in the child's folder and environment, with the child's process id as `CHILD_PID`,
	 * and is killed after 10 seconds. The log has what it says on stderr where it fails. Default: none.
	 *
	 * Danger: a bridge that is killed itself cannot run it.
	 */
	stopCommand?: readonly string[] | undefined;

	/**
	 * Which protocol revisions the child is spoken to in. Clients of every revision are served in any case.
	 * Default `"auto"`.
	 *
	 * - `"auto"`: the child is opened with an `initialize` handshake in revision 2025-11-25. One that refuses that,
	 *   or exits, is started once more and spoken to in the revision that it names, else in 2024-11-05; what it
	 *   takes is remembered for the next one.
	 * - `"legacy"`: the same, but never in revision 2026-07-28.
	 * - `"2024-11-05"`, `"2025-03-26"`, `"2025-06-18"`, `"2025-11-25"`: with `initialize` in this revision, and nothing else.
	 * - `"modern"`: in revision 2026-07-28, from the first message on.
	 * - `"dual"`: the server speaks both, and each client gets a child that speaks as the client does. Nothing is
	 *   translated.
	 *
	 * Danger: many servers exit, or are lost for `initialize`, when they get a message of revision 2026-07-28 that
	 * they do not know, so `"modern"` and `"dual"` are for servers that are known to speak it. With `"dual"` there
	 * are two children where there is one otherwise; a server that keeps its data in memory has it twice.
	 */
	protocol?:
		| "auto"
		| "legacy"
		| "modern"
		| "dual"
		| "2024-11-05"
		| "2025-03-26"
		| "2025-06-18"
		| "2025-11-25"
		| undefined;

	/**
	 * Milliseconds that a client of revision 2026-07-28 gets to answer what a server of an earlier revision asks
	 * it (elicitation, sampling, roots). Meanwhile its call is suspended and keeps a child for itself.
	 * Default 300,000 (5 minutes).
	 *
	 * Danger: too short, and people do not get to the end of a form; too long, and the processes of clients that
	 * never come back pile up to `maxSuspendedCalls`.
	 */
	inputTimeoutMs?: number | undefined;

	/**
	 * Milliseconds that a child gets to answer a request, from when it was sent; each progress notification of that request
	 * gives it as many again. A request that waits for its turn (`concurrency`) waits as long at most. Then the child is
	 * told to stop by `notifications/cancelled`, and the client gets error `REQUEST_TIMEOUT`. Not counted are the start
	 * of a child (`startTimeoutMs`), subscriptions, and the time in which the client is asked something
	 * (`inputTimeoutMs`). Default 0: no limit.
	 *
	 * Danger: a tool that takes longer, without telling its progress to a client that wants to know, never succeeds;
	 * what it does may be done all the same.
	 */
	requestTimeoutMs?: number | undefined;

	/**
	 * Milliseconds that a child gets to answer a request in all, progress or not; otherwise as `requestTimeoutMs`.
	 * Default 0: no limit.
	 *
	 * Danger: too short, and work is ended that was going well.
	 */
	maxRequestTimeoutMs?: number | undefined;

	/**
	 * Calls that may be suspended at one time, a count of at least 1. One more ends the oldest. Default 32.
	 *
	 * Danger: each is a process. Too few, and a client that comes back finds its call ended.
	 */
	maxSuspendedCalls?: number | undefined;

	/**
	 * Which tools clients see and can call, by name. Default: all. Any other is neither listed nor callable, as if the
	 * server did not have it.
	 *
	 * Danger: with `deny` alone a tool that a later version of the server adds is offered. What a tool can do is not
	 * looked at: one that is left may do the same as one that is denied.
	 */
	tools?: FilterInput | undefined;

	/** Which prompts clients see and can get, by name. Default: all. Danger: as with `tools`. */
	prompts?: FilterInput | undefined;

	/**
	 * Which resources clients see, can read and can subscribe to, by URI; resource templates by `uriTemplate`.
	 * Default: all. A URI is denied in whichever way it is written, and one with `..` in its path is never admitted.
	 *
	 * Danger: the server decides what a URI stands for, so `allow` is safer than `deny`. What tools answer is not
	 * looked at, resources in it included.
	 */
	resources?: FilterInput | undefined;

	/** Whether the server is offered at all. Default true. */
	enabled?: boolean | undefined;

	/**
	 * Bytes of one line of the child's stdout, which is one message. A longer one is skipped and counted, and
	 * where it is an answer its request gets an error instead.
	 * Default 33,554,432 (32 MiB).
	 *
	 * Danger: a line is held in memory whole.
	 */
	maxLineBytes?: number | undefined;

	/**
	 * Requests of all clients that may be unanswered at a time, those that wait included; one more is answered
	 * with 503. Default 2,048. Danger: each is held in memory.
	 */
	maxRequests?: number | undefined;

	/**
	 * Messages that may wait for one child: for its start, for its turn (`concurrency`), or until it reads
	 * its stdin. One more request is answered with an error. Default 1,024. Danger: who is in the line waits for all before it.
	 */
	maxQueue?: number | undefined;

	/** Bytes of such messages. Default 67,108,864 (64 MiB). Danger: that much memory for each child. */
	maxQueueBytes?: number | undefined;

	/**
	 * Processes that may run for this server at one time, those that are being ended included and spares not, a count of at
	 * least 1. A request that would need one more waits for one that ends, or is answered with an error. Default 64.
	 *
	 * Danger: with isolation `"session"` this is also how many sessions can be used at a time.
	 */
	maxChildren?: number | undefined;

	/**
	 * Sets of extensions, `experimental` and other capabilities besides sampling, elicitation and roots that have a
	 * shared child of their own with isolation `"auto"`, a count. A client that declares what none of them has
	 * gets the child of clients that declare nothing. Default 4; 0: one child for all of them.
	 *
	 * Danger: each is a process, and what the server holds in memory is in each of them.
	 */
	maxCapabilitySets?: number | undefined;

	/**
	 * Bytes of the last lines of a child's stderr that are kept, to say with an error why it ended, and of those of
	 * its stdout that are no message. Default 16,384 (16 KiB). Danger: that much memory for each child, and for each
	 * of the two. 0 keeps none, and the bridge cannot say why a child does not start.
	 */
	maxStderrBytes?: number | undefined;
}

/** What `servers.ts` exports. */
export interface BridgeInput {
	/**
	 * The servers by name. A name becomes a part of the URL (`/servers/github/mcp`), percent-encoded where that
	 * takes it (`/servers/%40acme%2Fnotes/mcp`): at most 128 characters, no control characters, no `.` or `..`
	 * between slashes. Required, at least one enabled.
	 */
	servers: Readonly<Record<string, ServerInput>>;

	/**
	 * Address or host name to listen on, an IPv6 address with or without brackets. Default `"127.0.0.1"`: this machine only.
	 *
	 * Danger: with `"0.0.0.0"` or `"::"` everybody who reaches the port can run the tools of every server.
	 */
	host?: string | undefined;

	/** TCP port, 0 to 65,535. Default 8080. 0 takes any free one. */
	port?: number | undefined;

	/** Path in front of every route, such as `"/mcp-bridge"`. Default: none. */
	basePath?: string | undefined;

	/** The server that is also offered at `/mcp`, `/sse` and `/messages`. Default: the only enabled one, if there is just one. */
	defaultServer?: string | undefined;

	/**
	 * Honour `X-Forwarded-Prefix` of a reverse proxy. Default false.
	 *
	 * Danger: without a proxy that sets the header itself, a client decides about the paths it is sent to.
	 */
	trustProxy?: boolean | undefined;

	/**
	 * Host names accepted in the `Host` header besides `host`, without a port. Names that nobody can register
	 * are accepted anyway: addresses, names without a dot, and `*.localhost`. Default: none.
	 *
	 * Danger: `"*"` turns the check off, and with it the protection from DNS rebinding: any web page open in
	 * a browser on this machine can then call the servers.
	 */
	allowedHosts?: readonly string[] | undefined;

	/**
	 * Origins accepted in the `Origin` header besides loopback, `host` and `allowedHosts`, such as
	 * `"https://app.example.com"`. Default: none.
	 *
	 * Danger: `"*"` lets every web page call the servers. So does, in effect, `"null"`, which files, sandboxed frames and some
	 * apps send: every web page can put itself into a sandboxed frame.
	 */
	allowedOrigins?: readonly string[] | undefined;

	/**
	 * Names of response headers that pages of those origins may read besides `Mcp-Session-Id`, for what a proxy in front
	 * adds. Default: none.
	 */
	exposedHeaders?: readonly string[] | undefined;

	/**
	 * Serve Streamable HTTP without sessions: `initialize` gives out no session id, one that a client sends is not looked at,
	 * GET and DELETE are answered with 405, and each request is served by itself. HTTP+SSE, which is a session, is not
	 * touched. Default false: there are sessions, and a request without one is served all the same.
	 *
	 * Danger: nothing reaches a client but the answers to its requests, with their progress: no `list_changed`, no updates of
	 * resources; and no server can ask it anything. Servers with isolation `"session"` are not served to legacy clients over
	 * Streamable HTTP.
	 */
	stateless?: boolean | undefined;

	/**
	 * Milliseconds between comment lines on an open stream. Default 15,000. 0 turns them off.
	 *
	 * Danger: proxies and clients cut streams that are silent, many after 60 seconds.
	 */
	keepAliveMs?: number | undefined;

	/**
	 * Milliseconds that a connection without a request stays open for the next one, a day at most. Default 75,000. It has to be
	 * longer than a load balancer in front keeps its connections: Google's keeps them for 600 s, so 620,000 there. Node
	 * alone can be told: Bun and Deno never close an idle connection, and the bridge warns where the option is set.
	 *
	 * Danger: too short, and a request meets a connection that is just being closed, which its sender sees as 502. Too long,
	 * and every client that has gone without a word costs a file descriptor for that time.
	 */
	connectionIdleTimeoutMs?: number | undefined;

	/**
	 * How a request sent to a Streamable HTTP endpoint is answered. Default `"auto"`: JSON where the answer is
	 * the only message, else an SSE stream; `"sse"`: always a stream; `"json"`: always JSON.
	 *
	 * Danger: with `"json"` progress, logs and questions of a running call have no stream to travel on.
	 */
	postResponse?: "auto" | "sse" | "json" | undefined;

	/** Bytes of a request body; more is answered with 413. Default 16,777,216 (16 MiB). Danger: a body is held in memory whole. */
	maxBodyBytes?: number | undefined;

	/** Open sessions, a count. Default 10,000. Danger: each costs memory, and with isolation `"session"` a process. */
	maxSessions?: number | undefined;

	/**
	 * Milliseconds after which a session with no open stream and no request is ended; one over HTTP+SSE ends with its
	 * stream, or when what it asked for is done, and by the time only where that never comes. Default 3,600,000 (an hour).
	 *
	 * Danger: too short, and a client that pauses has to initialize again, which not every client does.
	 */
	sessionIdleTimeoutMs?: number | undefined;

	/** Events per session kept for a client that resumes a stream with `Last-Event-ID`, a count. Default 256. 0 keeps none. */
	historyEvents?: number | undefined;

	/** Bytes of such events per session. Default 1,048,576 (1 MiB). Danger: that much memory for every session. */
	historyBytes?: number | undefined;

	/**
	 * Bytes that may wait for a client that reads too slowly; with more it is cut off. Default 33,554,432 (32 MiB).
	 *
	 * Danger: that much memory for every slow client. Too small, and a client that is late with two large
	 * messages is cut off.
	 */
	maxStreamBufferBytes?: number | undefined;

	/**
	 * Milliseconds that requests in flight get to finish, and clients to read the answers, when the bridge is told to stop;
	 * the same for requests when a server's entry has changed. Default 5,000.
	 *
	 * Danger: longer than what the service manager waits before it kills (Docker: 10 s) is never reached.
	 */
	drainTimeoutMs?: number | undefined;

	/**
	 * The key by which session ids are sealed: a secret text of at least 32 characters. A bridge that is started
	 * again with the same key, or another one beside it, goes on with the sessions. Default: the environment
	 * variable `MCP_EDGE_BRIDGE_SESSION_KEY`, else a key made at the start, with which sessions end as the
	 * bridge does.
	 *
	 * Danger: who knows it can make sessions of any user.
	 */
	sessionKey?: string | undefined;

	/** Open sessions of one principal, a count; one more is answered with 429. Default 10,000. Danger: without authentication all clients are one principal. */
	maxSessionsPerPrincipal?: number | undefined;

	/**
	 * Requests of one session that may be unanswered at a time, a count; one more is answered with 429.
	 * Default 256.
	 *
	 * Danger: a client that sends more at once than this sees some of them refused.
	 */
	maxRequestsPerSession?: number | undefined;

	/**
	 * Open event streams, those of POST included, a count; one more is answered with 503, or in JSON where a POST's client
	 * takes that. Default 20,000. Danger: each is a connection and a file descriptor.
	 */
	maxStreams?: number | undefined;

	/**
	 * Bytes of all names and values of a request's headers; more is answered with 431. Default 16,384 (16 KiB).
	 *
	 * Danger: Bun refuses more than 16 KiB by itself, whatever stands here.
	 */
	maxHeaderBytes?: number | undefined;

	/**
	 * Milliseconds that a client gets to send a request's body; a slower one is answered with 408.
	 * Default 30,000.
	 *
	 * Danger: too short, and large bodies on slow lines are refused.
	 */
	bodyTimeoutMs?: number | undefined;

	/**
	 * Children of all servers that may be starting at one time, a count of at least 1; further ones wait for
	 * their turn, the servers in rotation. One that takes longer than 2 seconds gives its turn up. Default 8.
	 *
	 * Danger: many programs that load at once make each other, and the machine, slow.
	 */
	maxStartingChildren?: number | undefined;
}

/**
 * The config of a bridge, with completion and type errors in the editor:
 *
 * ```ts
 * import { defineServers, env } from "mcp-edge-bridge";
 *
 * export default defineServers({
 *   servers: {
 *     memory: { command: "npx", args: ["-y", "@modelcontextprotocol/server-memory"], concurrency: 1 },
 *     github: { command: "github-mcp-server", args: ["stdio"], env: { TOKEN: env("GITHUB_TOKEN") } },
 *   },
 * });
 * ```
 *
 * It returns its argument; values are checked when the config is loaded.
 */
export function defineServers(input: BridgeInput): BridgeInput {
	return input;
}
