import { requiredCapability } from "../protocol/eras/input.ts";
import type { Lease, TakeLease } from "../protocol/eras/lease.ts";
import { notAsked } from "../protocol/eras/legacy-child.ts";
import { anonymous, type ModernClient } from "../protocol/eras/meta.ts";
import { printJson } from "../protocol/json.ts";
import {
	errorOf,
	isSameId,
	type Message,
	type Request,
} from "../protocol/messages.ts";
import type { Peer } from "../protocol/peer.ts";
import type { LinkOptions } from "../protocol/recipients.ts";
import type { Backend, Up } from "./backend.ts";

/** What a pool works with. */
export interface LeasePoolOptions {
	/** A child opened as this client. */
	open(client: ModernClient): Backend;
	close(backend: Backend): void;
	/** How long a child that nobody uses is kept, in ms. */
	idleMs(): number;
	/** A message had no counterpart and was dropped: its kind. */
	dropped(kind: string): void;
	/** A client's state is in its child: it has one, and keeps it. */
	keepsState(): boolean;
}

/** Calls at work at one time; each has a process. Those that wait for their clients are not counted. */
const mostAtWork = 8;

/** How long others' requests on a child get that is to be replaced, in ms. */
const restartDrainMs = 10_000;

interface Waiting {
	client: ModernClient;
	take(lease: Lease): void;
}

/**
 * Children opened with the capabilities of modern clients, by principal,
 * capabilities and name. While a call that may ask something has one, no other
 * such call is on it: a legacy child does not say for which call it asks.
 */
export class LeasePool {
	readonly #options: LeasePoolOptions;
	readonly #children = new Set<PooledChild>();
	#waiting: Waiting[] = [];

	constructor(options: LeasePoolOptions) {
		this.#options = options;
	}

	/** See {@link TakeLease}. */
	readonly take: TakeLease = (client, take) => {
		const waiting = { client, take };
		this.#waiting.push(waiting);
		this.#serve();
		return () => {
			this.#waiting = this.#waiting.filter((other) => other !== waiting);
		};
	};

	/** A peer for requests that cannot make the child ask anything. */
	connect(client: ModernClient, options: LinkOptions = {}): Peer {
		const { child, leave } = this.#use(client);
		const peer = child.backend.connect(options);
		return {
			...peer,
			close: () => {
				peer.close();
				leave();
			},
		};
	}

	/** Has the child started that a client's requests would go to, and tells what it speaks. Calls back once. */
	whenUp(client: ModernClient, use: (up: Up) => void): void {
		const { child, leave } = this.#use(client);
		child.backend.whenUp((up) => {
			use(up);
			leave();
		});
	}

	/** The child for one more user, who is to say when it leaves. */
	#use(client: ModernClient): { child: PooledChild; leave: () => void } {
		const child = this.#find(client) ?? this.#open(client);
		clearTimeout(child.idle);
		child.users++;
		let isUsing = true;
		const leave = () => {
			if (isUsing) child.users--;
			isUsing = false;
			this.#rest(child);
		};
		return { child, leave };
	}

	/** Ends the child that has been idle the longest; false where none is. */
	endIdle(): boolean {
		const [oldest] = [...this.#children]
			.filter(({ leased, users, backend }) => {
				return !leased && users === 0 && backend.hasProcess;
			})
			.sort((one, other) => one.idleSince - other.idleSince);
		if (!oldest) return false;
		clearTimeout(oldest.idle);
		this.#children.delete(oldest);
		this.#options.close(oldest.backend);
		return true;
	}

	/** Forgets all; ending the children is the owner's. */
	stop(): void {
		for (const { idle } of this.#children) clearTimeout(idle);
		this.#children.clear();
	}

	#serve(): void {
		for (const waiting of [...this.#waiting]) {
			const { client, take } = waiting;
			const child = this.#free(client);
			if (!child) continue;
			this.#waiting = this.#waiting.filter((other) => other !== waiting);
			take(this.#lease(child, client));
		}
	}

	/** A child for one more call, if there may be one. */
	#free(client: ModernClient): PooledChild | undefined {
		const own = [...this.#children].filter(({ key }) => key === keyOf(client));
		const free = own.find(({ leased }) => !leased);
		if (free) return free;
		if (this.#options.keepsState() && own.length > 0) return undefined;
		const atWork = [...this.#children].filter(
			({ leased }) => leased && !leased.suspended,
		);
		return atWork.length < mostAtWork ? this.#open(client) : undefined;
	}

	#find(client: ModernClient): PooledChild | undefined {
		const own = [...this.#children].filter(({ key }) => key === keyOf(client));
		return own.find(({ leased }) => !leased) ?? own[0];
	}

	#open(client: ModernClient): PooledChild {
		const { open, dropped } = this.#options;
		const child = new PooledChild(keyOf(client), open(client), dropped);
		this.#children.add(child);
		return child;
	}

	#lease(child: PooledChild, { principal }: ModernClient): Lease {
		clearTimeout(child.idle);
		const serve = () => this.#serve();
		let suspended = false;
		const lease: Lease = {
			peer: child.keeper,
			questions: child.takeQuestions(),
			get suspended() {
				return suspended;
			},
			set suspended(value) {
				suspended = value;
				serve();
			},
			isFresh: child.isFresh(),
			release: (used, open) => {
				child.giveBack(open);
				// What one client has told it, another who is called the same must not meet.
				if (used && principal === anonymous && !this.#options.keepsState()) {
					child.renew(restartDrainMs);
				}
				this.#rest(child);
				this.#serve();
			},
		};
		child.leased = lease;
		return lease;
	}

	#rest(child: PooledChild): void {
		clearTimeout(child.idle);
		if (child.leased || child.users > 0 || !this.#children.has(child)) return;
		child.idleSince = performance.now();
		child.idle = setTimeout(() => {
			this.#children.delete(child);
			this.#options.close(child.backend);
		}, this.#options.idleMs());
	}
}

/** One child of a pool. */
class PooledChild {
	readonly key: string;
	readonly backend: Backend;
	/** The first on the child, so what it asks comes here. */
	readonly keeper: Peer;
	leased: Lease | undefined;
	/** Others on it. */
	users = 0;
	idle: NodeJS.Timeout | undefined;
	/** In ms, by a clock that only grows. */
	idleSince = 0;
	/** How often its backend had started a process when it was leased the last time. */
	#starts = 0;
	#isRenewed = false;
	/** What it has asked while no call was on it. */
	#questions: Request[] = [];
	readonly #dropped: (kind: string) => void;

	constructor(key: string, backend: Backend, dropped: (kind: string) => void) {
		this.key = key;
		this.backend = backend;
		this.#dropped = dropped;
		this.keeper = backend.connect({ takesQuestions: true });
		this.giveBack();
	}

	/** Replaces the process, after what others have in flight on it or the given time. */
	renew(drainMs: number): void {
		// What is asked from now on goes to the next one, though this one is still there.
		this.#isRenewed = true;
		void this.backend.restart(drainMs).then(() => this.backend.warm());
	}

	takeQuestions(): Request[] {
		return this.#questions.splice(0);
	}

	isFresh(): boolean {
		const { starts, isReady } = this.backend;
		const isFresh = this.#isRenewed || !isReady || starts !== this.#starts;
		this.#isRenewed = false;
		this.#starts = isReady ? starts : starts + 1;
		return isFresh;
	}

	giveBack(open: readonly Request[] = []): void {
		this.leased = undefined;
		this.#questions = [...open];
		this.keeper.listen((message) => this.#hear(message));
	}

	#hearQuestion(question: Request): void {
		if (requiredCapability(question.method, question.params)) {
			this.#questions.push(question);
			return;
		}
		this.keeper.tell(errorOf(question.id, notAsked(question.method)));
		this.#dropped("question-nobody-can-answer");
	}

	#hear(message: Message): void {
		if (!("method" in message)) return;
		if ("id" in message) this.#hearQuestion(message);
		else if (message.method === "notifications/cancelled") {
			const { requestId } = message.params ?? {};
			this.#questions = this.#questions.filter(
				({ id }) => !isSameId(id, requestId),
			);
		}
	}
}

function keyOf({ principal, capabilities, info }: ModernClient): string {
	return printJson([principal, capabilities, info]);
}
