/**
 * Answers one HTTP request.
 *
 * @param bindings what the runtime's server gives besides: Node's is looked at, and of all of them where the client's address is
 */
export type Fetch = (
	request: Request,
	bindings?: object,
) => Response | Promise<Response>;

/** A host name or address as a part of a URL. */
export function urlHost(hostname: string): string {
	return hostname.includes(":") ? `[${hostname}]` : hostname;
}

/** Where to listen. */
export interface ListenOptions {
	/** An address or name; never left out, since every runtime's default is all interfaces. */
	hostname: string;
	/** 0 takes any free one. */
	port: number;
	/** How long a connection without a request is kept, in ms, where the runtime can be told. */
	idleTimeoutMs: number;
	/** How many connections there may be, where the runtime can be told; undefined: what the limit of file descriptors leaves room for. */
	maxConnections: number | undefined;
	/** Bytes of headers that have to get through, where the runtime can be told. */
	maxHeaderBytes: number;
	/** Called where the runtime tells that it cannot take a connection, for want of file descriptors, and will again after a while. */
	deaf(error: unknown): void;
}

/** What became of connections. */
export interface Connections {
	open: number;
	max: number;
	/** Those without a request that were closed to make room, since the start. */
	closedIdle: number;
	/** Those that were refused, since each of the others had a request. */
	refused: number;
}

/** An open listener. */
export interface Listener {
	/** The real port. */
	port: number;
	/** Figures of its connections; undefined where the runtime does not let them be counted, and so not bounded. */
	connections(): Connections | undefined;
	/**
	 * Takes no further connections and ends those that are open, at the latest
	 * after the given time.
	 */
	close(graceMs: number): Promise<void>;
}

/** What differs between the runtimes. */
export interface Runtime {
	/** Name and version, for people. */
	name: string;
	/** The longest time, in ms, that it can be told to keep an idle connection; 0: it keeps each until its client goes. */
	longestIdleMs: number;
	/** Whether it can be told how many connections to have. */
	boundsConnections: boolean;
	/**
	 * Variables by which a process of it is told, when it starts, which certificates of servers to trust; undefined where
	 * it takes other means.
	 *
	 * @param file of authorities besides those that it knows; false: trust any certificate
	 */
	certificates(file: string | false): Record<string, string> | undefined;
	/**
	 * Listens for HTTP.
	 *
	 * @throws an error whose `code` is EADDRINUSE, EADDRNOTAVAIL, EACCES … where that is not possible
	 */
	listen(fetch: Fetch, options: ListenOptions): Promise<Listener>;
}
