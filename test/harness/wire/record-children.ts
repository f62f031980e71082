import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { childRecord } from "./child-conversations.ts";

const recorder = path.resolve(
	import.meta.dirname,
	"../../fixtures/record-wire.cjs",
);
const fromNpm = /[\\/]node_modules[\\/]\.bin[\\/][^\\/]+$/;

let recording = false;
let folder: string | undefined;

/** From now on `withRecorder` does something: who calls this looks at the records, and removes them. */
export function recordChildren(): void {
	recording = true;
}

/** The folder of this test file's records, if there is one. */
export function recordsFolder(): string | undefined {
	return folder;
}

export function removeRecords(): void {
	if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
	folder = undefined;
}

interface Entry {
	command: string;
	env?: Record<string, string>;
}

/**
 * The entry with an environment in which its processes are recorded, where they are programs of Node. Again, it
 * gives the records the server's name.
 */
export function withRecorder<T extends Entry>(entry: T, server?: string): T {
	const isNode =
		entry.command === process.execPath || fromNpm.test(entry.command);
	if (!recording || !isNode) return entry;
	folder ??= mkdtempSync(path.join(tmpdir(), "mcp-edge-bridge-wire-"));
	const { env = {} } = entry;
	const options =
		env.RECORD_WIRE === undefined
			? [env.NODE_OPTIONS ?? "", `--require ${JSON.stringify(recorder)}`]
			: [env.NODE_OPTIONS];
	return {
		...entry,
		env: {
			...env,
			NODE_OPTIONS: options.join(" ").trim(),
			RECORD_WIRE: childRecord(folder, server),
		},
	};
}

/** For a process that the bridge does not start. */
export function withoutRecorder({
	RECORD_WIRE: _,
	...env
}: Record<string, string>): Record<string, string> {
	return env;
}
