import type { DropKind } from "../protocol/drop-kinds.ts";
import { type Members, type Message, resultOf } from "../protocol/messages.ts";
import type { Receive } from "../protocol/peer.ts";
import type { Lease, TakeLease } from "./lease.ts";
import type {
	Attempt,
	CallCommand,
	CallEvent,
	CallSettings,
	CallState,
} from "./suspendable-call-state.ts";
import { step } from "./suspendable-call-step.ts";

/** Calls back after some time, in ms; gives a function that stops it. */
export type StartTimer = (ms: number, then: () => void) => () => void;

/** What a call works with. */
export interface SuspendableCallOptions
	extends Pick<CallSettings, "server" | "requestTimeoutMs" | "inputTimeoutMs"> {
	takeLease: TakeLease;
	startTimer: StartTimer;
	/** The call waits for its client from now on, for so long; gives the `requestState` that finds it. */
	suspend(round: number, timeoutMs: number): string;
	/** It cannot be found any more. */
	forget(): void;
	/** A message had no counterpart and was dropped: its kind. */
	dropped(kind: DropKind): void;
	/** It has waited as long as it may for its turn at a child. */
	limitReached(limit: "requestTimeoutMs"): void;
}

/**
 * One call of a modern client on a legacy child of its own. What the child asks
 * is collected and goes out as an `input_required` result; the call stays in
 * flight at the child until the retry brings the answers, for as many rounds as
 * it takes (2026-07-28, basic/patterns/mrtr). What is to be done is decided by
 * {@link step}, and done here.
 */
export class SuspendableCall {
	readonly id: string;
	readonly #options: SuspendableCallOptions;
	#state: CallState;
	/** Events that came while commands were carried out. */
	readonly #events: CallEvent[] = [];
	#isStepping = false;
	#giveUpWaiting = () => {};
	#lease: Lease | undefined;
	#stopTimer = () => {};

	/** @param attempt the first one; nothing is done yet */
	constructor(options: SuspendableCallOptions, attempt: Attempt) {
		const { server, requestTimeoutMs, inputTimeoutMs } = options;
		this.id = crypto.randomUUID();
		const settings = { id: this.id, server, requestTimeoutMs, inputTimeoutMs };
		this.#options = options;
		this.#state = { name: "idle", settings, attempt };
	}

	/** How often it has been suspended: a state is good for one round. */
	get round(): number {
		return "leased" in this.#state ? this.#state.leased.round : 0;
	}

	/** What the client is asked, and has not answered. */
	get keys(): string[] {
		return "questions" in this.#state
			? this.#state.questions.map(({ key }) => key)
			: [];
	}

	/** Waits for a child, and begins. */
	start(): void {
		this.#handle({ type: "started" });
	}

	/** Goes on with the client's answers. What it has not answered it is asked once more. */
	resume(attempt: Attempt, answers: Members = {}): void {
		this.#handle({ type: "retried", attempt, answers });
	}

	/** The client has closed a response: the call is cancelled, unless it goes on without. */
	leave(receive: Receive): void {
		this.#handle({ type: "closed", receive });
	}

	/** Ends it, wherever it stands; a client that waits gets an error. */
	end(): void {
		this.#handle({ type: "ended" });
	}

	/** One event after the other: what is to be done for one may bring the next. */
	#handle(event: CallEvent): void {
		this.#events.push(event);
		if (this.#isStepping) return;
		this.#isStepping = true;
		try {
			for (let next = this.#events.shift(); next; next = this.#events.shift()) {
				const { state, commands } = step(this.#state, next);
				this.#state = state;
				for (const command of commands) this.#carryOut(command);
			}
		} finally {
			this.#isStepping = false;
		}
	}

	#carryOut(command: CallCommand): void {
		const { suspend, forget, dropped, limitReached } = this.#options;
		switch (command.do) {
			case "takeLease":
				this.#takeLease(command.attempt);
				break;
			case "giveUpWaiting":
				this.#giveUpWaiting();
				break;
			case "ask":
				this.#ask(command);
				break;
			case "tell":
				this.#lease?.peer.tell(command.message);
				break;
			case "receive":
				command.attempt.receive(command.message);
				break;
			case "suspend": {
				const { attempt, round, timeoutMs, result } = command;
				if (this.#lease) this.#lease.suspended = true;
				const requestState = suspend(round, timeoutMs);
				const { id } = attempt.request;
				attempt.receive(resultOf(id, { ...result, requestState }));
				break;
			}
			case "resume":
				if (this.#lease) this.#lease.suspended = false;
				break;
			case "startTimer": {
				const { timer, ms } = command;
				this.#stopTimer = this.#options.startTimer(ms, () =>
					this.#handle({ type: "timeUp", timer }),
				);
				break;
			}
			case "stopTimer":
				this.#stopTimer();
				break;
			case "release":
				this.#lease?.release(command.used, command.open);
				this.#lease = undefined;
				break;
			case "forget":
				forget();
				break;
			case "dropped":
				dropped(command.kind);
				break;
			case "limitReached":
				limitReached(command.limit);
				break;
		}
	}

	#takeLease({ client, request }: Attempt): void {
		this.#giveUpWaiting = this.#options.takeLease(
			client,
			request,
			(given) => {
				if ("error" in given) {
					this.#handle({ type: "leaseRefused", error: given.error });
					return;
				}
				this.#lease = given;
				const { serverInfo, questions, isFresh } = given;
				given.peer.listen((message) => this.#hear(message));
				this.#handle({ type: "leaseGiven", serverInfo, questions, isFresh });
			},
			() => this.#handle({ type: "childFound" }),
		);
	}

	#ask({ what, request }: Extract<CallCommand, { do: "ask" }>): void {
		this.#lease?.peer.ask(request, (message) => {
			if (what === "call" || (what === "ping" && "method" in message)) {
				this.#hear(message);
			} else if (what === "ping") {
				this.#handle({ type: "pingAnswered", id: request.id });
			}
		});
	}

	#hear(message: Message): void {
		if (!("method" in message)) {
			this.#handle({ type: "answered", answer: message });
		} else if ("id" in message) {
			this.#handle({ type: "asked", question: message });
		} else if (message.method === "notifications/cancelled") {
			const id = message.params?.requestId;
			this.#handle({ type: "questionCancelled", id });
		} else this.#handle({ type: "notified", notification: message });
	}
}
