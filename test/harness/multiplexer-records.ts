import type {
	Id,
	Members,
	Request,
	Response,
} from "../../src/protocol/messages.ts";
import type { Peer } from "../../src/protocol/peer.ts";
import type { Era } from "../../src/protocol/revisions.ts";
import type { FakeClock } from "./fake-clock.ts";

/** Who connects. */
export interface ClientKind {
	era: Era;
	takesQuestions: boolean;
	/** It declares what it can be asked. */
	canBeAsked: boolean;
	/** It wants log messages. */
	logs: boolean;
}

export interface WorldClient extends ClientKind {
	peer: Peer;
	isClosed: boolean;
}

/** A request of a client, and all that has become of it. */
export interface Asked {
	/** Stands in its params, and in its answer. */
	n: number;
	client: WorldClient;
	request: Request;
	token: Id | undefined;
	answer?: Response;
	answeredAt: number;
	deliveries: Delivery[];
	isAcknowledged: boolean;
	/** The furthest progress that its client has heard of. */
	progress: number;
	/** What its client has said to what a modern child wants to know. */
	input?: { requestState: string; responses: Members };
}

/** A request that a child has got. */
export interface Delivery {
	/** Undefined where it is the bridge's own. */
	asked: Asked | undefined;
	request: Request;
	state: "open" | "answered" | "stopped" | "unread" | "lost" | "input";
	isRead: boolean;
	read(): void;
	stoppedAt: number;
}

/** What a child wants to know. */
export interface Question {
	n: number;
	/** Those who may be asked. */
	permitted: ReadonlySet<WorldClient>;
	/** The call that its answer is for, and by what name, where it came with `input_required`. */
	input?: { asked: Asked; key: string };
	state: "open" | "answered" | "void";
	/** Who was asked, under this id. */
	put?: { client: WorldClient; id: Id };
	/** Its client was told that it is not wanted any more. */
	isWithdrawn: boolean;
}

export interface WorldOptions {
	shared: boolean;
	concurrency: number;
	maxQueue: number;
	requestTimeoutMs: number;
}

/** As long as a call may be spoken for that was given up, in ms. */
export const givenUpMs = 60_000;
export const died = { code: -32000, message: "it died" };
/** Methods whose answers come from the child's opening, from another child, or from the bridge itself. */
export const answeredByBridge =
	/^(initialize|server\/discover|tools\/list|logging\/|resources\/(un)?subscribe|subscriptions\/)/;
/** Those that a child may get twice. */
export const isRepeatable = ({ method, params }: Request) =>
	method === "tools/list" ||
	method === "subscriptions/listen" ||
	(method === "tools/call" && params?.name === "safe");

/** A child: what it speaks, and what it has got. */
export interface WorldChild {
	era: Era;
	isHeld: boolean;
	got: Delivery[];
}

/** All that is and was. */
export interface WorldState {
	readonly clock: FakeClock;
	readonly options: WorldOptions;
	readonly clients: readonly WorldClient[];
	readonly asked: readonly Asked[];
	readonly questions: readonly Question[];
	readonly child: WorldChild | undefined;
	readonly isBehind: boolean;
	/** Requests that the child has not answered, and has not been told to stop. */
	readonly open: readonly Delivery[];
}
