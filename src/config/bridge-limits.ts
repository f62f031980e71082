/** How long the bridge keeps what clients leave open. */
export interface BridgeTimeouts {
	/**
	 * Interval between comment lines on an open stream, which keep it from looking dead. 0 turns them off.
	 *
	 * @defaultValue `15_000` (15 s)
	 * @danger Proxies and clients cut silent streams, many of them after 60 seconds.
	 */
	keepAliveMs?: number | undefined;

	/**
	 * How long a session lives without an open stream and without a request. A session over HTTP+SSE ends with its
	 * stream, once its requests are done.
	 *
	 * @defaultValue `3_600_000` (1 h)
	 * @danger If it is too short, a client that pauses has to initialize again, and not every client does.
	 */
	sessionIdleTimeoutMs?: number | undefined;

	/**
	 * How long a connection without a request stays open for the next one. It has to be longer than a load balancer in
	 * front keeps its connections: for Google's, which keeps them for 600 s, use 620,000.
	 *
	 * A day at most. Bun can be told up to 255,000, and keeps a connection until its client closes it if this is more; Deno
	 * always does. The bridge logs a warning if the option has no effect.
	 *
	 * @defaultValue 75,000 on Node and Bun (75 s)
	 * @danger If it is too short, a request can arrive on a connection that is just being closed, which its sender sees
	 * as a 502. If it is too long, each client that vanished costs a file descriptor for that time.
	 */
	connectionIdleTimeoutMs?: number | undefined;

	/**
	 * How long a client may take to send a request's body. A slower one is answered with 408.
	 *
	 * @defaultValue `30_000` (30 s)
	 * @danger If it is too short, large bodies on slow connections are refused.
	 */
	bodyTimeoutMs?: number | undefined;

	/**
	 * How long requests in flight may take to finish, and clients to read the answers, when the bridge is stopped; also
	 * how long the requests of a server may take when its entry has changed.
	 *
	 * @defaultValue `5_000` (5 s)
	 * @danger Time beyond what the service manager waits before it kills (Docker: 10 s) is never available.
	 */
	drainTimeoutMs?: number | undefined;
}

/** How much clients may use. */
export interface BridgeLimits {
	/**
	 * Open connections. For one more, the one that has been without a request for longest is closed; if all of them have
	 * one, the new connection is closed.
	 *
	 * Only Node can be told. On Bun and Deno a proxy in front has to bound connections, and the bridge logs a warning if
	 * the option is set there.
	 *
	 * @defaultValue 0.8 of the file descriptors that the process may have, 65,536 at most
	 * @danger Below `maxStreams` it is this that bounds event streams, and a stream for which there is no room gets no
	 * answer at all.
	 * @see `docs/limits.md#what-a-proxy-has-to-do`
	 */
	maxConnections?: number | undefined;

	/**
	 * Size of a request body. A larger one is answered with 413.
	 *
	 * @defaultValue `16_777_216` (16 MiB)
	 * @danger A whole body is held in memory.
	 */
	maxBodyBytes?: number | undefined;

	/**
	 * Size of all header names and values of a request, whatever its path. More is answered with 431.
	 *
	 * @defaultValue `16_384` (16 KiB)
	 * @danger Bun refuses more than 16 KiB by itself, whatever is set here.
	 */
	maxHeaderBytes?: number | undefined;

	/**
	 * Open sessions. One more is answered with 503.
	 *
	 * @defaultValue `10_000`
	 * @danger Each costs memory, and with isolation `"session"` a process.
	 */
	maxSessions?: number | undefined;

	/**
	 * Open sessions of one principal. One more is answered with 429.
	 *
	 * @defaultValue `10_000`
	 * @danger Without authentication all clients are one principal.
	 */
	maxSessionsPerPrincipal?: number | undefined;

	/**
	 * Unanswered requests of one session. One more is answered with 429.
	 *
	 * @defaultValue `256`
	 * @danger A client that sends more than this at once has some of them refused.
	 */
	maxRequestsPerSession?: number | undefined;

	/**
	 * Open event streams, including those that answer a POST. One more is answered with 503, or in JSON if it is a POST
	 * whose client accepts that.
	 *
	 * @defaultValue `20_000`
	 * @danger Each is a connection and a file descriptor.
	 */
	maxStreams?: number | undefined;

	/**
	 * How much may wait for a client that reads too slowly. With more it is disconnected.
	 *
	 * @defaultValue `33_554_432` (32 MiB)
	 * @danger Each slow client can cost that much memory. If it is too small, a client that is late with two large
	 * messages is disconnected.
	 */
	maxStreamBufferBytes?: number | undefined;

	/**
	 * Events per session that are kept for a client that resumes a stream with `Last-Event-ID`. 0 keeps none.
	 *
	 * @defaultValue `256`
	 */
	historyEvents?: number | undefined;

	/**
	 * Total size of these events per session.
	 *
	 * @defaultValue `1_048_576` (1 MiB)
	 * @danger Each session can cost that much memory.
	 */
	historyBytes?: number | undefined;

	/**
	 * Children of all servers that may be starting at the same time. Further ones wait, the servers taking turns. A child
	 * that takes longer than 2 seconds lets the next one start.
	 *
	 * @defaultValue `8`
	 * @danger Many programs that load at once slow each other, and the machine, down.
	 */
	maxStartingChildren?: number | undefined;
}
