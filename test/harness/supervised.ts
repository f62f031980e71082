import { modernRevision } from "../../src/protocol/revisions.ts";
import type { Exit } from "../../src/protocol/wire.ts";
import type { NotOpened } from "../../src/spawn/open-child.ts";
import type {
	Circumstances,
	Command,
	Supervision,
	SupervisorEvent,
} from "../../src/spawn/supervisor-state.ts";
import { idle, step } from "../../src/spawn/supervisor-step.ts";
import { at } from "./at.ts";
import { died } from "./fake-wire.ts";

/** How a child ends that somebody kills. */
export const killed: Exit = {
	code: "CHILD_EXITED",
	reason: "was ended by SIGKILL",
	signal: "SIGKILL",
	stderr: [],
};

/** A command as a test names it: `launch`, `report down`. */
export function nameOf<Child>(command: Command<Child>): string {
	return command.type === "report"
		? `report ${command.report.type}`
		: command.type;
}

/** A supervised child whose processes are numbers, from 1 on: the test says what happens, and when. */
export class Supervised {
	supervision: Supervision<number> = idle;
	/** The ms that have passed. */
	now = 0;
	/** Further from the beginning by the wall clock than by the other, in ms. */
	wallOffset = 0;
	/** Of every step, oldest first. */
	readonly commands: Command<number>[] = [];
	readonly #circumstances: Omit<Circumstances, "now">;
	#launched = 0;

	constructor(circumstances: Partial<Omit<Circumstances, "now">> = {}) {
		this.#circumstances = {
			random: 1,
			keepUp: false,
			revision: "2025-11-25",
			mayTry: () => true,
			...circumstances,
		};
	}

	get state() {
		return this.supervision.state;
	}

	get failures(): number {
		return this.supervision.history.failures;
	}

	/** The process in use. */
	get child(): number {
		return "child" in this.state ? this.state.child : 0;
	}

	/** How the reports of a kind put it, oldest first. */
	exits(type: "down" | "refused"): Exit[] {
		return this.commands.flatMap((command) =>
			command.type === "report" && command.report.type === type
				? command.report.exit
				: [],
		);
	}

	/** The revisions in which processes were opened. */
	get revisions(): string[] {
		return this.commands.flatMap((command) =>
			command.type === "open" ? command.revision : [],
		);
	}

	/** @returns what is to be done */
	take(event: SupervisorEvent<number>): string[] {
		const { monotonicMs, wallMs } = at(this.now);
		const { commands, ...supervision } = step(this.supervision, event, {
			...this.#circumstances,
			now: { monotonicMs, wallMs: wallMs + this.wallOffset },
		});
		this.supervision = supervision;
		this.commands.push(...commands);
		return commands.map(nameOf);
	}

	/** Lets time pass; the timer goes off where it is due. */
	pass(ms: number): void {
		this.now += ms;
		const { state } = this;
		const isDue =
			"until" in state && state.until.monotonicMs <= at(this.now).monotonicMs;
		const hasTimer =
			state.name === "waiting" || (state.name === "failed" && state.hasTimer);
		if (isDue && hasTimer) this.take({ type: "timer" });
	}

	need(): string[] {
		return this.take({ type: "needed" });
	}

	/** The process that was asked for. */
	launch(): string[] {
		this.#launched++;
		return this.take({ type: "launched", child: this.#launched });
	}

	/** It answers the first request. */
	open(isProven = false): string[] {
		const { child } = this;
		return this.take({ type: "opened", child, result: {}, isProven });
	}

	/** It does not become ready. */
	notOpened(opening: NotOpened = { failure: died }): string[] {
		return this.take({ type: "notOpened", child: this.child, opening });
	}

	/** It refuses the first request with an error. */
	refuse(code: number, data?: unknown, message = "no"): string[] {
		const failure: Exit = {
			code: "INITIALIZE_REFUSED",
			reason: `refused initialize: ${message}`,
			stderr: [],
		};
		return this.notOpened({ failure, refusal: { code, message, data } });
	}

	/** It was ready, and dies. */
	die(exit = died): string[] {
		return this.take({ type: "exited", child: this.child, exit });
	}

	/** From nothing to a child that is ready. */
	start(isProven = false): void {
		this.need();
		this.pass(30_000);
		this.launch();
		this.open(isProven);
	}

	/** So many starts fail in a row. */
	fail(times: number): void {
		for (let failures = 0; failures < times; failures++) {
			this.need();
			this.pass(30_000);
			this.launch();
			this.notOpened();
		}
	}
}

/** What an entry says that its children speak: only revisions with a handshake. */
export const onlyLegacy = {
	mayTry: (revision: string) => revision !== modernRevision,
};
