import { readFileSync } from "node:fs";
import type { RawSocket } from "./raw-socket.ts";
import type { Bridge } from "./start-bridge.ts";

const established = "01";
/** As /proc/net/tcp writes it. */
const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, "0");

/** Whether the bridge's end of a connection is open, whatever the client has seen of it. */
export function isHeld(
	bridge: Pick<Bridge, "url">,
	socket: RawSocket,
): boolean {
	const near = hex(Number(new URL(bridge.url).port));
	const far = hex(socket.port);
	return readFileSync("/proc/net/tcp", "utf8")
		.split("\n")
		.map((line) => line.trim().split(/\s+/))
		.some(
			([, local, remote, state]) =>
				local?.endsWith(`:${near}`) &&
				remote?.endsWith(`:${far}`) &&
				state === established,
		);
}
