import type { Client } from "../protocol/client.ts";
import { eraOf } from "../protocol/revisions.ts";
import type { Exit, Wire } from "../protocol/wire.ts";
import { discoverChild } from "./discover-child.ts";
import { initializeChild } from "./initialize-child.ts";
import type { Launch } from "./launch.ts";
import { probeChild } from "./probe-child.ts";
import { lastErrorLines } from "./process/error-lines.ts";
import type {
	Circumstances,
	Command,
	Report,
	State,
	Supervision,
	SupervisorEvent,
	Usage,
} from "./supervisor-state.ts";
import { idle, step } from "./supervisor-step.ts";
import { msBetween, timestamp } from "./timestamp.ts";

/** What a supervisor works with. */
export interface SupervisorOptions {
	/** As whom the child is opened. */
	client: Client;
	launch: Launch;
	/** How children are started, as it is now. */
	settings(): SupervisorSettings;
	/** Hears what becomes of the child. */
	report(report: Report<Wire>): void;
}

/** How a supervisor starts children. */
export interface SupervisorSettings
	extends Pick<Circumstances, "keepUp" | "revision" | "mayTry"> {
	/** How long a child may take to answer the first request. */
	startTimeoutMs: number;
}

/**
 * Keeps one child: started when it is needed, started again with backoff when
 * it dies, stopped when nobody needs it. Knows nothing of what is said with it.
 * Decides nothing: {@link step} does, and its commands are carried out here.
 */
export class Supervisor {
	readonly #options: SupervisorOptions;
	#supervision: Supervision<Wire> = idle;
	/** Those that came while the commands of another were carried out. */
	readonly #events: SupervisorEvent<Wire>[] = [];
	#isStepping = false;
	#cancelLaunch = () => {};
	#timer: NodeJS.Timeout | undefined;
	/** How a process that is starting gives its turn to the next one. */
	readonly #turns = new Map<Wire, () => void>();
	/** Processes on their way out. */
	readonly #closing = new Map<Wire, Promise<void>>();
	#stopping: Promise<void> | undefined;

	constructor(options: SupervisorOptions) {
		this.#options = options;
	}

	/** Where the child stands. */
	get state(): State<Wire> {
		return this.#supervision.state;
	}

	/** How the last child ended, unless the bridge ended it. */
	get lastExit(): Exit | undefined {
		return this.#supervision.history.lastExit;
	}

	/** How many children in a row failed: none where the present one is ready. */
	get failures(): number {
		const { state, history } = this.#supervision;
		return state.name === "ready" ? 0 : history.failures;
	}

	/** Somebody needs the child: `ready` is reported, or `refused`. */
	need(): void {
		this.#take({ type: "needed" });
	}

	/** A client has asked the child that is ready, or was answered by it. */
	used(usage: Exclude<Usage, "none">): void {
		const { state } = this;
		if (state.name !== "ready" || state.usage === usage) return;
		if (state.usage !== "served") this.#take({ type: "used", usage });
	}

	/** Stops the child; the next need starts another. Settles when it is gone. */
	async stopChild(): Promise<void> {
		this.#take({ type: "stopChild" });
		const { state } = this;
		if (state.name === "stopping") await this.#closing.get(state.child);
	}

	/** Stops the child for good. Settles when all of its processes are gone. */
	stop(): Promise<void> {
		this.#stopping ??= this.#stop();
		return this.#stopping;
	}

	async #stop(): Promise<void> {
		this.#take({ type: "stop" });
		while (this.#closing.size > 0) await Promise.all(this.#closing.values());
	}

	/** One at a time, in the order in which they came: whoever hears a report may ask for something at once. */
	#take(event: SupervisorEvent<Wire>): void {
		this.#events.push(event);
		if (this.#isStepping) return;
		this.#isStepping = true;
		try {
			for (;;) {
				const next = this.#events.shift();
				if (!next) return;
				const { commands, ...supervision } = step(this.#supervision, next, {
					...this.#options.settings(),
					now: timestamp(),
					random: Math.random(),
				});
				this.#supervision = supervision;
				for (const command of commands) this.#carryOut(command);
			}
		} finally {
			this.#isStepping = false;
		}
	}

	#carryOut(command: Command<Wire>): void {
		switch (command.type) {
			case "launch":
				this.#launch();
				return;
			case "cancelLaunch":
				this.#cancelLaunch();
				return;
			case "open":
				this.#open(command);
				return;
			case "close":
				this.#close(command.child);
				return;
			case "setTimer":
				this.#timer = setTimeout(
					() => this.#take({ type: "timer" }),
					msBetween(timestamp(), command.until),
				);
				return;
			case "clearTimer":
				clearTimeout(this.#timer);
				return;
			case "report":
				this.#options.report(command.report);
		}
	}

	#launch(): void {
		this.#cancelLaunch = this.#options.launch((outcome) => {
			if (outcome.type === "denied") {
				this.#take(outcome);
				return;
			}
			this.#turns.set(outcome.wire, outcome.leave);
			this.#take({ type: "launched", child: outcome.wire });
		});
	}

	/** Sends the first request, and has a child show that it lives where the one before did not for long. */
	#open({
		child,
		revision,
		mustProve,
	}: Command<Wire> & { type: "open" }): void {
		const { client, settings } = this.#options;
		const era = eraOf(revision);
		const open = era === "modern" ? discoverChild : initializeChild;
		const settle = (
			event: SupervisorEvent<Wire> & { type: "opened" | "notOpened" },
		) => {
			this.#leave(child);
			this.#take(event);
			if (event.type === "notOpened") return;
			void child.closed.then((ended) => {
				this.#take({ type: "exited", child, exit: withLastErrors(ended) });
			});
		};
		open(child, client, revision, settings().startTimeoutMs, (opening) => {
			if (!("result" in opening)) {
				settle({ type: "notOpened", child, opening });
				return;
			}
			const { result } = opening;
			if (!mustProve) {
				settle({ type: "opened", child, result, isProven: false });
				return;
			}
			probeChild(child, era, client, (outcome) => {
				if ("isAlive" in outcome) {
					const isProven = outcome.isAlive;
					settle({ type: "opened", child, result, isProven });
				} else {
					const died = { ...outcome, hasAnswered: true };
					settle({ type: "notOpened", child, opening: died });
				}
			});
		});
	}

	#close(wire: Wire): void {
		const closing = wire.close().then(() => {
			this.#closing.delete(wire);
			this.#leave(wire);
			this.#take({ type: "closed", child: wire });
		});
		this.#closing.set(wire, closing);
	}

	#leave(wire: Wire): void {
		this.#turns.get(wire)?.();
		this.#turns.delete(wire);
	}
}

/** What it had written at its start is not what it died of. */
function withLastErrors({ errorLines: _ofItsStart, ...exit }: Exit): Exit {
	const errorLines = lastErrorLines(exit.stderr);
	return errorLines.length > 0 ? { ...exit, errorLines } : exit;
}
