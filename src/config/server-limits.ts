/** How long the bridge waits for a server. */
export interface ServerTimeouts {
	/**
	 * How long a child may go without a request before it is stopped. Sessions stay open, and the next request starts a
	 * new child.
	 *
	 * A child that `warm` keeps running is not stopped, nor is one with a resource that a client has subscribed to.
	 * While the next child starts, clients get what the last one answered to `initialize` and its lists.
	 *
	 * @defaultValue `0` (never stopped)
	 * @danger Whatever the server holds in memory is lost, and the next call waits for a start.
	 * @see `docs/children.md#warm-and-idle-children`
	 */
	idleTimeoutMs?: number | undefined;

	/**
	 * How long a child may take from its start to its answer to `initialize`.
	 *
	 * @defaultValue `30_000` (30 s)
	 * @danger If it is too short for the first run of `npx` or `uvx`, which downloads the server, the server never starts.
	 */
	startTimeoutMs?: number | undefined;

	/**
	 * How long each step of stopping a child may take: its stdin is closed, then it gets SIGTERM, then SIGKILL.
	 *
	 * @defaultValue `2_000` (2 s)
	 * @danger If it is too short, a server that is still saving its data is killed.
	 */
	stopTimeoutMs?: number | undefined;

	/**
	 * How long a child may take to answer a request. Each progress notification of the request starts the time again.
	 *
	 * A request that waits for its turn (`concurrency`) waits no longer than this either. When the time is up, the child
	 * gets `notifications/cancelled` and the client gets the error `REQUEST_TIMEOUT`. Not counted: the start of the child
	 * (`startTimeoutMs`), subscriptions, and the time a client takes to answer the server (`inputTimeoutMs`).
	 *
	 * @defaultValue `0` (no limit)
	 * @danger A longer-running tool that reports no progress never succeeds, although it may have done its work.
	 * @see `docs/children.md#request-time-limits`
	 */
	requestTimeoutMs?: number | undefined;

	/**
	 * How long a child may take to answer a request in total, no matter how much progress it reports.
	 *
	 * @defaultValue `0` (no limit)
	 * @danger If it is too short, work that was going well is cancelled.
	 * @see `docs/children.md#request-time-limits`
	 */
	maxRequestTimeoutMs?: number | undefined;

	/**
	 * How long a client of revision 2026-07-28 may take to answer a question (elicitation, sampling, roots) from a server
	 * of an earlier revision. Until then its call is suspended and occupies a child.
	 *
	 * @defaultValue `300_000` (5 min)
	 * @danger If it is too short, people cannot finish a form. If it is too long, the processes of clients that never
	 * come back add up to `maxSuspendedCalls`.
	 */
	inputTimeoutMs?: number | undefined;
}

/** How much a server may use. */
export interface ServerLimits {
	/**
	 * Processes of this server that may exist at the same time, including those being stopped but not spares. A request
	 * that needs one more waits until one ends, or gets an error.
	 *
	 * @defaultValue `64`
	 * @danger With isolation `"session"` this also limits how many sessions can be used at the same time.
	 */
	maxChildren?: number | undefined;

	/**
	 * With isolation `"auto"`: how many sets of extensions and other declared capabilities get a shared child of their
	 * own. Clients with any further set use the child of clients that declare nothing. 0: one child for all of them.
	 *
	 * @defaultValue `4`
	 * @danger Each set costs a process, and each process has its own copy of what the server holds in memory.
	 * @see `docs/isolation.md#extensions`
	 */
	maxCapabilitySets?: number | undefined;

	/**
	 * Unanswered requests of all clients, including waiting ones. One more is answered with 503.
	 *
	 * @defaultValue `2_048`
	 * @danger Each is held in memory.
	 */
	maxRequests?: number | undefined;

	/**
	 * Messages that may wait for one child: until it has started, until it is their turn (`concurrency`), or until it
	 * reads its stdin. One more request gets an error.
	 *
	 * @defaultValue `1_024`
	 * @danger The last in a long queue waits for everything ahead of it.
	 */
	maxQueue?: number | undefined;

	/**
	 * Total size of the messages that may wait for one child.
	 *
	 * @defaultValue `67_108_864` (64 MiB)
	 * @danger Each child can cost that much memory.
	 */
	maxQueueBytes?: number | undefined;

	/**
	 * Calls that may be suspended at the same time, each waiting for a client's answer (`inputTimeoutMs`). One more ends
	 * the oldest.
	 *
	 * @defaultValue `32`
	 * @danger Each occupies a process. If it is too low, a client that comes back finds its call ended.
	 */
	maxSuspendedCalls?: number | undefined;

	/**
	 * Calls that run at the same time during which the server may ask a client of revision 2026-07-28 something, each on
	 * a child of its own. Others wait, within `maxQueue`. Suspended calls (`maxSuspendedCalls`) are not counted.
	 *
	 * @defaultValue `8`
	 * @danger Each occupies a process.
	 */
	maxAskingCalls?: number | undefined;

	/**
	 * Length of one line on the child's stdout, which is one message. A longer line is skipped and counted; if it was an
	 * answer, its request gets an error.
	 *
	 * @defaultValue `33_554_432` (32 MiB)
	 * @danger A whole line is held in memory.
	 */
	maxLineBytes?: number | undefined;

	/**
	 * How much of the end of a child's stderr is kept, to explain why it died; the same amount is kept of stdout lines
	 * that are not messages.
	 *
	 * @defaultValue `16_384` (16 KiB)
	 * @danger Each child can cost twice that much memory. With 0 nothing is kept, and the bridge cannot say why a child
	 * does not start.
	 */
	maxStderrBytes?: number | undefined;
}
