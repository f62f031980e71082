import { expect } from "vitest";
import type { Message, Request } from "../../src/protocol/messages.ts";
import type { Exit, Wire, WireEvents } from "../../src/protocol/wire.ts";

/** How a child ends that fails. */
export const died: Exit = {
	code: "CHILD_EXITED",
	reason: "exited with code 1",
	exitCode: 1,
	stderr: ["error: last words"],
	errorLines: ["error: last words"],
};
/** How one ends that is closed. */
export const stopped: Exit = {
	code: "CHILD_EXITED",
	reason: "exited with code 0",
	exitCode: 0,
	stderr: [],
};

/** A process of which the test says what it does. */
export class FakeWire implements Wire {
	readonly pid = 1;
	readonly isBehind = false;
	readonly stopped = undefined;
	readonly output = { stderr: [] as string[] };
	readonly sent: Message[] = [];
	/** What went to who has taken it over. */
	readonly heard: Message[] = [];
	readonly closed: Promise<Exit>;
	closes = 0;
	events: WireEvents = {
		message: (message) => this.heard.push(message),
		noise() {},
		unreadable() {},
		repaired() {},
		tooDeep() {},
		oversize() {},
		stderr() {},
		stderrForgotten() {},
		caughtUp() {},
		ending() {},
	};
	#end: (exit: Exit) => void = () => {};

	constructor() {
		this.closed = new Promise((resolve) => {
			this.#end = resolve;
		});
	}
	write(message: Message): boolean {
		this.sent.push(message);
		return true;
	}
	/** How long it takes to be closed. */
	closing = Promise.resolve();
	async close(): Promise<void> {
		this.closes++;
		await this.closing;
		this.#end(stopped);
	}
	async die(exit = died): Promise<void> {
		this.#end(exit);
		await settle();
	}
	get initialize(): Request {
		return this.sent[0] as Request;
	}
	answer(result: Record<string, unknown> = { serverInfo: { name: "x" } }) {
		const { id } = this.initialize;
		this.events.message({ jsonrpc: "2.0", id, result });
	}
	/** Answers the ping by which it shows that it lives. */
	answerProbe() {
		const probe = this.sent.at(-1) as Request;
		expect(probe.method).toBe("ping");
		this.events.message({ jsonrpc: "2.0", id: probe.id, result: {} });
	}
	refuse(code: number, data?: unknown) {
		const { id } = this.initialize;
		const error = { code, message: "no", data };
		this.events.message({ jsonrpc: "2.0", id, error });
	}
}

/** Lets promises that are settled be heard. */
export async function settle(): Promise<void> {
	for (let turns = 0; turns < 10; turns++) await Promise.resolve();
}
