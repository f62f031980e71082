import { Socket } from "node:net";

/** Collected, it would close the descriptor. */
const kept: Socket[] = [];

/**
 * Has a write to stdout or stderr that would have to wait fail with EAGAIN, where that is a pipe or a socket: a
 * reader that does not read then cannot stop the program. A file never waits. A terminal that somebody has stopped
 * (Ctrl-S) does, on every runtime: none of them can be told otherwise.
 */
export function makeNonBlocking(fd: 1 | 2): void {
	try {
		// Deno writes its own stdout and stderr blocking, Bun a socket that is made of one.
		if ("Deno" in globalThis) {
			const socket = new Socket({ fd, readable: false, writable: true });
			socket.on("error", () => {});
			kept.push(socket.unref());
		}
		// To ask for it opens it, and that is what it takes.
		else void (fd === 1 ? process.stdout : process.stderr);
	} catch {
		// It is no pipe and no socket, or is closed.
	}
}
