import { fileURLToPath } from "node:url";

let started = 0;

/** How every target is told to start `bench-server.mjs`. */
export const child = {
	command: "node",
	file: fileURLToPath(new URL("../bench-server.mjs", import.meta.url)),
	/** An argument that no process but the children of one started target has. */
	mark: () => `bench-${process.pid}-${++started}`,
};
