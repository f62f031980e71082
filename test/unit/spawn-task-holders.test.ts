import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Members, resultOf } from "../../src/protocol/messages.ts";
import { TaskHolders } from "../../src/spawn/task-holders.ts";
import { pooled } from "../harness/pooled.ts";
import { inbox } from "../harness/scripted-peer.ts";

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

const hourMs = 3_600_000;
const about = (taskId: unknown, method = "tasks/get") =>
	({ jsonrpc: "2.0", id: 1, method, params: { taskId } }) as const;

/** A request with a child of its own, which answers with a result, and is done. */
function answered(result: Members, capabilities: Members = {}) {
	const { connect, pool } = pooled({ isolation: "session" });
	const tasks = new TaskHolders(pool);
	const { backend, entry, peer } = connect(capabilities);
	const received = inbox();
	tasks.noting(entry, received)(resultOf(1, result));
	peer.close();
	expect(received.messages).toEqual([resultOf(1, result)]);
	return { backend, entry, tasks };
}

describe("a child that has begun a task", () => {
	test.each<[result: Members]>([
		[{ resultType: "task", taskId: "t" }],
		[{ resultType: "task", task: { taskId: "t" } }],
	])("is kept for who knows it: %j", (result) => {
		const { backend, entry, tasks } = answered(result);
		expect(backend.done).toEqual([]);
		expect(tasks.find(about("t"))).toBe(entry);
		expect(tasks.find(about("other"))).toBeUndefined();
		expect(tasks.find(about("t", "tools/call"))).toBeUndefined();
	});

	test("is kept for an hour, and again for one with each request about it", () => {
		const { backend, tasks } = answered({ resultType: "task", taskId: "t" });
		vi.advanceTimersByTime(hourMs - 1);
		tasks.find(about("t"));
		vi.advanceTimersByTime(hourMs - 1);
		expect(backend.done).toEqual([]);
		vi.advanceTimersByTime(1);
		expect(backend.done).toEqual(["stop 0"]);
		expect(tasks.find(about("t"))).toBeUndefined();
	});
});

test.each<[result: Members]>([
	[{ resultType: "complete", taskId: "t" }],
	[{ resultType: "task" }],
])("a child that has begun none is not kept: %j", (result) => {
	const { backend, tasks } = answered(result);
	expect(backend.done).toEqual(["stop 0"]);
	expect(tasks.find(about("t"))).toBeUndefined();
});
