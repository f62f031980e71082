import type { Cell } from "./feature.ts";
import { call } from "./replies.ts";

/** Does something while another client has a request in flight at the same child. */
export async function crowded<T>(
	cell: Cell,
	action: () => Promise<T>,
): Promise<T> {
	const name = crypto.randomUUID();
	const other = await cell.another();
	const waiting = { name: "wait", arguments: { name } };
	// So that a log message could be its too.
	await other.setLogLevel("debug");
	const running = await other.begin("tools/call", waiting);
	await running.progress();
	const done = await action();
	await call(cell.client, "release", { name });
	await running.answer();
	await other.close();
	return done;
}
