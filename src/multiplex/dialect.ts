import type { DropKind } from "../protocol/drop-kinds.ts";
import type {
	Members,
	Notification,
	Request,
	Response,
} from "../protocol/messages.ts";
import type { Receive } from "../protocol/peer.ts";
import type { Call, Connection } from "./call.ts";
import type { ChildChannel } from "./child-channel.ts";

/**
 * What a child speaks, picked once when it is up: how clients' messages are
 * written to it, whose is what it says, and what of that which clients have set
 * up it has to hear of.
 */
export interface Dialect {
	/** Sets the child up as its clients want it, and as the one before it was. */
	setUp(): void;
	/** The params of a request of the bridge's own. */
	ownParams(params: Members): Members;
	/** The answer to a request that the child's opening has given already, or that needs no child; undefined where it does. */
	answerAtOnce(call: Call): Response | undefined;
	/** Puts a call to the child whose turn it is. */
	begin(call: Call): void;
	/** Takes the child's answer to a call, which it does not have any more. */
	answered(call: Call, response: Response): void;
	/** Takes a request or notification of the child to whom it belongs. */
	receive(message: Request | Notification): void;
	/** Takes a client's notification to the child. */
	tell(connection: Connection, notification: Notification): void;
	/** A call has come to nothing: what it has set up is taken back. */
	undo(call: Call): void;
	/** A client has gone. */
	leave(connection: Connection): void;
}

/** What a dialect has of the multiplexer around it. */
export interface DialectHost {
	readonly channel: ChildChannel;
	readonly connections: ReadonlySet<Connection>;
	/** Several clients are on the child, none of whose capabilities it was told. */
	readonly shared: boolean;
	/** A call's request could not be written: the call has come to nothing. */
	unsent(call: Call): void;
	/** A request of the bridge's own, before all that clients wait for. It is not sent to another child. */
	askOwn(method: string, params: Members, receive: Receive): Call;
	/** Ends a request of the bridge's own that nobody needs any more: the child is told. */
	cancelOwn(call: Call, reason: string): void;
	/** Answers a call, which ends it. */
	settle(call: Call, response: Response): void;
	/** Keeps a call open for which nothing is in flight. */
	park(call: Call): void;
	/** Puts an open call to the child once more when it is its turn: behind what waits, or before it where it had its turn already. */
	resume(call: Call, place: "last" | "first"): void;
	/** Asks a client something: by its call, or beside all calls. */
	askClient(question: ClientQuestion): void;
	/** How many questions to clients are open, and their bytes. */
	readonly openQuestions: { size: number; bytes: number };
	/** Takes the child's cancellation of its own question to its client. */
	takeBackQuestion(cancelled: Notification): void;
	/** A number that no request to a child, and no question to a client, has had. */
	nextId(): number;
	/** Calls back after so many ms, unless the child has gone before; turns may be free then. */
	later(ms: number, work: () => void): void;
	/** A message had nobody to go to. */
	dropped(kind: DropKind): void;
	/** A list of the child has changed: the notification's method. */
	changed(method: string): void;
}

/** A request to a client. */
export interface ClientQuestion {
	connection: Connection;
	/** It waits for the answer, with nothing in flight. */
	call?: Call;
	/** Under the id that the client sees. */
	request: Request;
	/** Of the child's own request, where it is one. */
	childId?: Request["id"];
	/** How long it is. */
	bytes: number;
	answered(response: Response): void;
}

/**
 * How the calls of clients of one era are put to a child of one era, and what
 * of the child's messages they get. Pure but for what it does by the dialect.
 */
export interface Translator<D> {
	/** See {@link Dialect.answerAtOnce}. */
	answerAtOnce(call: Call, opening: Members): Response | undefined;
	/** See {@link Dialect.begin}. */
	begin(call: Call, dialect: D): void;
	/** See {@link Dialect.answered}. */
	answered(call: Call, response: Response, dialect: D): void;
	/** A notification of the child that came with a call, as its client gets it; undefined where it is none of its business. */
	notification(
		call: Call,
		notification: Notification,
	): Notification | undefined;
	/** Takes a client's notification to the child. */
	tell(connection: Connection, notification: Notification, dialect: D): void;
}
