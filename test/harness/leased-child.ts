import { expect } from "vitest";
import { cancelledError } from "../../src/protocol/bridge-errors.ts";
import {
	type ErrorObject,
	errorOf,
	type Id,
	type Notification,
	type Request,
	type Response,
	resultOf,
} from "../../src/protocol/messages.ts";
import type { Peer, Receive } from "../../src/protocol/peer.ts";

const urlError: ErrorObject = {
	code: -32042,
	message: "open it",
	data: { elicitations: [{ mode: "url", url: "https://a", message: "url" }] },
};

/** A child on lease to one call; whatever is done with it that must not be fails the test. */
export class LeasedChild implements Peer {
	readonly pings = new Map<Id, Receive>();
	/** The call in flight. */
	flight: { id: Id; receive: Receive } | undefined;
	/** What it has asked, and nobody has answered. */
	readonly questions = new Map<Id, Request>();
	isReleased = false;
	/** What tells that another client must not get this child. */
	isUsed = false;
	/** How often the call may be sent: once, and again after URLs. */
	sends = 1;
	/** Its call takes nobody's turn. */
	isSuspended = false;
	say: Receive = () => {};
	readonly #isQuick: boolean;

	/** @param isQuick answers pings before whoever asks goes on */
	constructor(isQuick: boolean) {
		this.#isQuick = isQuick;
	}

	ask(request: Request, receive: Receive): void {
		expect(this.isReleased).toBe(false);
		if (request.method === "ping") {
			this.pings.set(request.id, receive);
			if (this.#isQuick) this.answerPing(request.id);
		} else if (request.method === "logging/setLevel") {
			receive(resultOf(request.id, {}));
		} else {
			expect(--this.sends).toBeGreaterThanOrEqual(0);
			expect(this.flight).toBeUndefined();
			this.flight = { id: request.id, receive };
		}
	}

	tell(message: Notification | Response): void {
		expect(this.isReleased).toBe(false);
		if (!("method" in message)) {
			expect(this.questions.delete(message.id as Id)).toBe(true);
			if ("result" in message) this.isUsed = true;
			return;
		}
		const id = message.params?.requestId as Id;
		if (this.pings.delete(id)) return;
		expect(id).toBe(this.flight?.id);
		this.isUsed = true;
		this.answer(errorOf(id, cancelledError));
	}

	listen(receive: Receive): void {
		this.say = receive;
	}

	close(): void {
		throw new Error("The pool closes it");
	}

	/** Answers the call. */
	answer(answer: Response): void {
		const { flight } = this;
		this.flight = undefined;
		flight?.receive(answer);
	}

	/** Answers the call with the error that sends a client to a URL (2025-11-25). */
	sendToUrl(): void {
		const { id = 0 } = this.flight ?? {};
		this.sends++;
		this.answer(errorOf(id, urlError));
	}

	wantToKnow(question: Request): void {
		this.questions.set(question.id, question);
		this.say(question);
	}

	withdraw(requestId: Id): void {
		this.questions.delete(requestId);
		const method = "notifications/cancelled";
		this.say({ jsonrpc: "2.0", method, params: { requestId } });
	}

	answerPing(id: Id): void {
		const receive = this.pings.get(id);
		this.pings.delete(id);
		receive?.(resultOf(id, {}));
	}

	readonly release = (used: boolean, open: readonly Request[]) => {
		expect(this.isReleased).toBe(false);
		this.isReleased = true;
		expect(used).toBe(this.isUsed);
		expect(this.flight).toBeUndefined();
		expect([...this.pings.keys()]).toEqual([]);
		// Each question has been answered, or the next call hears of it.
		const asked = open.map(({ id }) => id);
		expect(new Set(asked)).toEqual(new Set(this.questions.keys()));
		expect(asked).toHaveLength(this.questions.size);
	};
}
