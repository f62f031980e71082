import {
	cancellation,
	cancelledError,
	isLeftAtWork,
	requestTimeout,
} from "../given-errors.ts";
import {
	type ErrorObject,
	errorOf,
	type Id,
	isMembers,
	isSameId,
	type Members,
	type Message,
	type Notification,
	type Request,
	type Response,
	resultOf,
} from "../messages.ts";
import type { Receive } from "../peer.ts";
import { inputRequestOf, requiredCapability } from "./input.ts";
import type { Lease, TakeLease } from "./lease.ts";
import {
	initializeFor,
	isWanted,
	missingCapability,
	modernResponse,
	notAsked,
	setLogLevel,
} from "./legacy-child.ts";
import { type ModernClient, metaKey, withMeta } from "./meta.ts";
import { legacyRequest } from "./to-modern.ts";
import { urlNotOpened, urlsOf } from "./url-elicitation.ts";
import { whenRead } from "./when-read.ts";

/** One HTTP exchange that a call is served on: the first request, or a retry. */
export interface Attempt {
	request: Request;
	client: ModernClient;
	receive: Receive;
}

/** What a call works with. */
export interface SuspendableCallOptions {
	takeLease: TakeLease;
	/** The call waits for its client from now on; gives the state that finds it, and how long it may wait. */
	suspend(round: number): { requestState: string; timeoutMs: number };
	/** It cannot be found any more. */
	over(): void;
	dropped(kind: string): void;
	/** The server's name, for errors. */
	server: string;
	/** How long it may wait for a child, in ms; 0 is for ever. */
	requestTimeoutMs(): number;
	/** It has waited that long. */
	limitReached(limit: "requestTimeoutMs"): void;
}

/** A question that the client has not answered. */
interface Question {
	request: Request;
	/** Under which the child waits for the answer; a URL that stood in an error is waited for by nobody. */
	childId?: Id;
}

/** How long a child gets, twice, to take up what it asked for before any call, in ms: it says nothing when it has. */
const takeUpMs = 50;

/** Questions that come within this time of the first one, in ms, are asked with it, as are those the child was writing then. */
const gatherMs = 10;

/**
 * One call of a modern client on a legacy child of its own. What the child asks
 * is collected and goes out as an `input_required` result; the call stays in
 * flight at the child until the retry brings the answers, for as many rounds as
 * it takes (2026-07-28, basic/patterns/mrtr).
 */
export class SuspendableCall {
	readonly id = crypto.randomUUID();
	readonly #options: SuspendableCallOptions;
	readonly #questions = new Map<string, Question>();
	/** What the child asked and has gone on without. */
	#open: Request[] = [];
	#attempt: Attempt | undefined;
	/** Of the last attempt: what it can be asked holds while it is away too. */
	#client: ModernClient | undefined;
	#giveUpWaiting = () => {};
	#lease: Lease | undefined;
	/** Id of the call at the child, while it is in flight there. */
	#sent: Id | undefined;
	/** The child's answer that came while nobody waited for it. */
	#answer: Response | undefined;
	#serverInfo: unknown;
	#round = 0;
	#lastKey = 0;
	#pings = 0;
	#used = false;
	#over = false;
	#gathering: NodeJS.Timeout | undefined;
	#expiry: NodeJS.Timeout | undefined;
	#takingUp: NodeJS.Timeout | undefined;
	#waiting: NodeJS.Timeout | undefined;

	constructor(options: SuspendableCallOptions) {
		this.#options = options;
	}

	/** How often it has been suspended: a state is good for one round. */
	get round(): number {
		return this.#round;
	}

	/** Waits for a child, and begins. */
	start(attempt: Attempt): void {
		this.#attempt = attempt;
		this.#client = attempt.client;
		this.#limitWaiting(attempt.request);
		this.#giveUpWaiting = this.#options.takeLease(attempt.client, (lease) => {
			clearTimeout(this.#waiting);
			this.#lease = lease;
			lease.peer.listen((message) => this.#hear(message));
			for (const question of lease.questions) this.#hear(question);
			// What the child wants to know beforehand it may need for the call.
			const begin = () => {
				if (this.#questions.size === 0) this.#send();
			};
			const { isFresh } = lease;
			lease.peer.ask(initializeFor(attempt.request), (message) => {
				if ("result" in message) this.#serverInfo = message.result.serverInfo;
				if (!isFresh) return;
				// No child can be started: to try the same again for the call would be no use.
				if ("error" in message) this.#hear(message);
				else this.#ping(begin);
			});
			if (!isFresh) begin();
		});
	}

	/** What the client is asked now. */
	get keys(): string[] {
		return [...this.#questions.keys()];
	}

	/** Goes on with the client's answers. What it has not answered it is asked once more. */
	resume(attempt: Attempt, answers: Members = {}): void {
		clearTimeout(this.#expiry);
		this.#attempt = attempt;
		this.#client = attempt.client;
		if (this.#lease) this.#lease.suspended = false;
		let told = false;
		for (const [key, { childId }] of [...this.#questions]) {
			const answer = answers[key];
			if (!isMembers(answer)) continue;
			this.#questions.delete(key);
			if (childId !== undefined) {
				told = true;
				this.#used = true;
				this.#lease?.peer.tell(resultOf(childId, answer));
			} else if (answer.action === "accept") {
				// What the user did there the child may hold to be this client's.
				this.#used = true;
			} else {
				this.#refuse(urlNotOpened);
				return;
			}
		}
		const answer = this.#answer;
		this.#answer = undefined;
		if (answer) this.#hear(answer);
		else if (this.#questions.size > 0) this.#gather();
		else if (this.#sent === undefined && !told) this.#send();
		else if (this.#sent === undefined) {
			this.#afterTakingUp(() => this.#afterTakingUp(() => this.#send()));
		}
	}

	/** The client has closed a response: the call is cancelled, unless it goes on without. */
	leave(receive: Receive): void {
		if (this.#attempt?.receive !== receive) return;
		this.#attempt = undefined;
		this.end();
	}

	/** Ends it, wherever it stands; a client that waits gets an error. */
	end(): void {
		if (this.#over) return;
		this.#abort("The client has not come back");
		this.#finish(cancelledError);
	}

	#limitWaiting({ method }: Request): void {
		const { server, requestTimeoutMs, limitReached } = this.#options;
		const timeoutMs = requestTimeoutMs();
		if (timeoutMs === 0) return;
		this.#waiting = setTimeout(() => {
			const limit = "requestTimeoutMs";
			limitReached(limit);
			this.#refuse(
				requestTimeout({ server, method, limit, timeoutMs, wasSent: false }),
			);
		}, timeoutMs);
	}

	#send(): void {
		if (!this.#attempt || !this.#lease) return;
		const { request, client } = this.#attempt;
		const { peer } = this.#lease;
		setLogLevel(peer, request, client);
		this.#sent = request.id;
		// The token is the call's own: each attempt has another one, or none.
		const params = withMeta(
			legacyRequest(request).params,
			"progressToken",
			this.id,
		);
		peer.ask({ ...request, params }, (message) => this.#hear(message));
	}

	/** Calls back when the child has read what it was told, and had some time for it. */
	#afterTakingUp(then: () => void): void {
		this.#ping(() => {
			this.#takingUp = setTimeout(then, takeUpMs);
		});
	}

	/** Calls back when the child has read all that was written to it so far: servers ask right behind the handshake. */
	#ping(then: () => void): void {
		if (!this.#lease) return;
		const hear: Receive = (message) => this.#hear(message);
		whenRead(this.#lease.peer, `${this.id}-ping-${++this.#pings}`, hear, () => {
			if (!this.#over) then();
		});
	}

	#hear(message: Message): void {
		if (this.#over) return;
		if (!("method" in message)) this.#hearAnswer(message);
		else if ("id" in message) this.#hearQuestion(message);
		else this.#hearNotification(message);
	}

	#hearAnswer(answer: Response): void {
		this.#sent = undefined;
		if ("error" in answer && isLeftAtWork(answer.error)) this.#used = true;
		this.#keepOpen();
		if (!this.#attempt) {
			this.#answer = answer;
			return;
		}
		const { request, client } = this.#attempt;
		const urls = urlsOf(answer, client);
		if (Array.isArray(urls)) {
			for (const url of urls) this.#ask({ request: url });
			this.#gather();
		} else if (urls) this.#refuse(urls);
		else this.#settle(modernResponse(request, answer, this.#serverInfo));
	}

	#hearQuestion(question: Request): void {
		const missing = this.#client && missingCapability(question, this.#client);
		if (missing || !requiredCapability(question.method, question.params)) {
			this.#options.dropped("question-nobody-can-answer");
			this.#lease?.peer.tell(errorOf(question.id, notAsked(question.method)));
			// What it wants to know of its own accord the call can do without.
			if (missing && this.#attempt && this.#sent !== undefined) {
				this.#refuse(missing);
			}
			return;
		}
		this.#ask({ request: question, childId: question.id });
		this.#gather();
	}

	#hearNotification(notification: Notification): void {
		const { method, params } = notification;
		if (method === "notifications/cancelled") {
			const { requestId } = params ?? {};
			for (const [key, { childId }] of this.#questions) {
				if (isSameId(childId, requestId)) this.#questions.delete(key);
			}
			this.#open = this.#open.filter(({ id }) => !isSameId(id, requestId));
			return;
		}
		// Whoever wants to hear of these has subscribed.
		if (method.endsWith("/list_changed")) return;
		if (!this.#attempt || !isWanted(notification, this.#attempt.client)) {
			this.#options.dropped("notification-nobody-asked-for");
			return;
		}
		const { request, receive } = this.#attempt;
		if (method !== "notifications/progress") {
			receive(notification);
			return;
		}
		const meta = request.params?._meta;
		const progressToken = isMembers(meta) ? meta.progressToken : undefined;
		if (progressToken === undefined) return;
		receive({ ...notification, params: { ...params, progressToken } });
	}

	#ask(question: Question): void {
		const [kind] = question.request.method.split("/");
		this.#questions.set(`${kind}-${++this.#lastKey}`, question);
	}

	#gather(): void {
		this.#gathering ??= setTimeout(() => {
			// A child that asks several in one go may be held up between them; it answers a ping behind the last.
			this.#ping(() => {
				this.#gathering = undefined;
				if (this.#attempt && this.#questions.size > 0) this.#suspend();
			});
		}, gatherMs);
	}

	#suspend(): void {
		const attempt = this.#attempt;
		if (!attempt || !this.#lease) return;
		this.#attempt = undefined;
		this.#lease.suspended = true;
		this.#round++;
		const { requestState, timeoutMs } = this.#options.suspend(this.#round);
		this.#expiry = setTimeout(() => this.end(), timeoutMs);
		const inputRequests = Object.fromEntries(
			[...this.#questions].map(([key, { request }]) => [
				key,
				inputRequestOf(request),
			]),
		);
		const result = {
			resultType: "input_required",
			inputRequests,
			requestState,
		};
		const { id } = attempt.request;
		attempt.receive(
			resultOf(
				id,
				isMembers(this.#serverInfo)
					? withMeta(result, metaKey.serverInfo, this.#serverInfo)
					: result,
			),
		);
	}

	/** Answers the client in the child's stead, which is told to stop. */
	#refuse(error: ErrorObject): void {
		this.#abort(error.message);
		this.#finish(error);
	}

	/** Lets the child be done with the call. */
	#abort(reason: string): void {
		this.#over = true;
		this.#giveUpWaiting();
		const peer = this.#lease?.peer;
		if (this.#sent !== undefined) {
			this.#used = true;
			peer?.tell(cancellation(this.#sent, reason));
		}
		for (const { childId } of this.#questions.values()) {
			if (childId !== undefined) peer?.tell(errorOf(childId, cancelledError));
		}
	}

	#finish(error: ErrorObject): void {
		const id = this.#attempt?.request.id ?? null;
		this.#settle(errorOf(id, error));
	}

	/** The child has not waited for an answer, and still may want one. */
	#keepOpen(): void {
		for (const { request, childId } of this.#questions.values()) {
			if (childId !== undefined) this.#open.push(request);
		}
		this.#questions.clear();
	}

	#settle(message: Message): void {
		this.#over = true;
		clearTimeout(this.#expiry);
		clearTimeout(this.#gathering);
		clearTimeout(this.#takingUp);
		clearTimeout(this.#waiting);
		this.#options.over();
		this.#lease?.release(this.#used, this.#open);
		this.#lease = undefined;
		const receive = this.#attempt?.receive;
		this.#attempt = undefined;
		receive?.(message);
	}
}
