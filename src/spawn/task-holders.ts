import { isMembers, type Message, type Request } from "../protocol/messages.ts";
import type { Receive } from "../protocol/peer.ts";
import type { Pool } from "./pool.ts";
import type { PoolEntry } from "./pool-entry.ts";

/** How long a child is kept for a task that nobody asks about, in ms. */
const keptTaskMs = 3_600_000;

/**
 * Children that were one request's own and have begun a task in it (the
 * extension `io.modelcontextprotocol/tasks`): whoever knows the task comes back
 * to the child that has it.
 */
export class TaskHolders {
	readonly #pool: Pool;
	readonly #holders = new Map<
		unknown,
		{ entry: PoolEntry; leave: () => void; timer: NodeJS.Timeout }
	>();

	constructor(pool: Pool) {
		this.#pool = pool;
	}

	/** The entry that has the task that a request is about; undefined where it is about none, or none that is known. */
	find({ method, params }: Request): PoolEntry | undefined {
		if (!method.startsWith("tasks/")) return undefined;
		const holder = this.#holders.get(params?.taskId);
		holder?.timer.refresh();
		return holder?.entry;
	}

	/** Takes what a request gets, and keeps the request's child where a task has begun. */
	noting(entry: PoolEntry, receive: Receive): Receive {
		if (entry.placement.use !== "own") return receive;
		return (message) => {
			const taskId = taskOf(message);
			if (taskId !== undefined) this.#hold(taskId, entry);
			receive(message);
		};
	}

	#hold(taskId: unknown, entry: PoolEntry): void {
		if (this.#holders.has(taskId)) return;
		const leave = entry.use();
		const timer = setTimeout(() => {
			this.#holders.delete(taskId);
			leave();
			this.#pool.rest(entry);
		}, keptTaskMs);
		timer.unref();
		this.#holders.set(taskId, { entry, leave, timer });
	}
}

function taskOf(message: Message): unknown {
	if (!("result" in message)) return undefined;
	const { resultType, taskId, task } = message.result;
	if (resultType !== "task") return undefined;
	return taskId ?? (isMembers(task) ? task.taskId : undefined);
}
