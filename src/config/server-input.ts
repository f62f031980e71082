import type { ServerFilters } from "./server-filters.ts";
import type { ServerLimits, ServerTimeouts } from "./server-limits.ts";

/** The program of a server and its surroundings. */
export interface ServerProgram {
	/** The program to run: a name on PATH or in `node_modules/.bin`, or a path. No shell is involved. */
	command: string;

	/**
	 * The program's arguments, one string each. No shell is involved, so nothing needs quoting.
	 *
	 * @defaultValue `[]`
	 */
	args?: readonly string[] | undefined;

	/**
	 * Environment variables for the child.
	 *
	 * @defaultValue `{}`
	 * @danger A value that is undefined, such as an unset `process.env.TOKEN`, is an error when the config is loaded. Use
	 * `env("TOKEN")` to get a message that names the variable.
	 * @see `docs/configuration.md#the-environment-of-children`
	 */
	env?: Readonly<Record<string, string | undefined>> | undefined;

	/**
	 * A file of further variables in dotenv syntax, relative to the folder of the config file. Variables in `env` win.
	 * The file must exist and is read together with the config.
	 *
	 * @defaultValue none
	 */
	envFile?: string | undefined;

	/**
	 * Names of variables that the child inherits from the bridge, in addition to a short list of harmless ones such as
	 * PATH and HOME; `true` for all. Variables that begin with `MCP_EDGE_BRIDGE_` are never inherited.
	 *
	 * @defaultValue `[]`
	 * @danger `true` hands over everything, including the secrets of all other servers.
	 * @see `docs/configuration.md#the-environment-of-children`
	 */
	inheritEnv?: readonly string[] | true | undefined;

	/**
	 * Working directory of the child, relative to the folder of the config file. It must exist.
	 *
	 * @defaultValue the folder of the config file
	 */
	cwd?: string | undefined;

	/**
	 * Whether the server is offered at all.
	 *
	 * @defaultValue `true`
	 */
	enabled?: boolean | undefined;

	/**
	 * Program and arguments to run after a child was killed with SIGKILL, by the bridge or by anybody else, to clean up
	 * what the kill does not reach, for example `["docker", "rm", "--force", "mcp-files"]`. It gets the child's process
	 * id as `CHILD_PID`.
	 *
	 * No shell is involved. It runs in the child's folder and environment and is killed after 10 seconds. If it fails,
	 * the log shows what it wrote to stderr.
	 *
	 * @defaultValue none
	 * @danger It cannot run if the bridge itself is killed.
	 * @see `docs/children.md#children-in-containers`
	 */
	stopCommand?: readonly string[] | undefined;
}

/** Which clients share a child, and which protocol revision it gets. */
export interface ServerSharing {
	/**
	 * Which clients share a child process.
	 *
	 * - `"auto"`: clients that the server cannot ask anything (they declare none of sampling, elicitation and roots)
	 *   share one child; those that declare extensions or `experimental` share one with those that declare the same
	 *   (`maxCapabilitySets`). Any other client gets a child of its own.
	 * - `"shared"`: all clients share one child. The server cannot ask them anything.
	 * - `"session"`: each session has a child of its own, and so has each request of a client of revision 2026-07-28,
	 *   which has no session.
	 *
	 * @defaultValue `"auto"`
	 * @danger A server that keeps state per connection (a login, a browser page) shows one client's state to another
	 * unless this is `"session"`. With `"session"` each connection costs a process.
	 * @see `docs/isolation.md`
	 */
	isolation?: "auto" | "shared" | "session" | undefined;

	/**
	 * How many requests one child handles at the same time. The rest wait in order.
	 *
	 * @defaultValue unlimited
	 * @danger Without a limit, servers that write a file without locking it lose writes. With 1, every client waits for
	 * the slowest call.
	 * @see `docs/isolation.md#concurrency`
	 */
	concurrency?: number | undefined;

	/**
	 * How many children are started before anybody asks for them. With 0 the first request starts the child.
	 *
	 * With isolation `"shared"` this is 0 or 1. With `"auto"` the first is the shared child, and each further one is a
	 * spare for a client that needs its own. With `"session"` all are spares.
	 *
	 * @defaultValue `0`
	 * @danger Each is a running process with its own memory.
	 * @see `docs/children.md#warm-and-idle-children`
	 */
	warm?: number | undefined;

	/**
	 * Which protocol revision the bridge uses with the child. Clients of every revision are served either way.
	 *
	 * - `"auto"`: the child is opened with an `initialize` handshake in revision 2025-11-25. If it refuses or exits, it
	 *   is started once more and opened in the revision that it names, otherwise in 2024-11-05. What works is
	 *   remembered.
	 * - `"legacy"`: the same, but never revision 2026-07-28.
	 * - `"2024-11-05"`, `"2025-03-26"`, `"2025-06-18"`, `"2025-11-25"`: `initialize` in exactly this revision.
	 * - `"modern"`: revision 2026-07-28 from the first message on.
	 * - `"dual"`: the server speaks both, so each client gets a child that speaks as the client does, and nothing is
	 *   translated.
	 *
	 * @defaultValue `"auto"`
	 * @danger Many servers exit, or no longer accept `initialize`, after a message of revision 2026-07-28 that they do
	 * not know: use `"modern"` and `"dual"` only for servers that speak it. With `"dual"` there are two children, and
	 * each has its own copy of what the server holds in memory.
	 * @see `docs/children.md#protocol-revisions`
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
}

/** One stdio MCP server, as `servers.ts` describes it. */
export interface ServerInput
	extends ServerProgram,
		ServerSharing,
		ServerTimeouts,
		ServerFilters,
		ServerLimits {}
