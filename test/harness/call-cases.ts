import type {
	CallEvent,
	CallSettings,
	CallState,
	Flight,
	Leased,
	Question,
} from "../../src/eras/suspendable-call-state.ts";
import {
	errorOf,
	type Id,
	type Members,
	type Request,
	resultOf,
} from "../../src/protocol/messages.ts";
import { modernRequestOf } from "./modern-message.ts";

// States of a suspendable call, and what can come of it: the two sides of the table of its transitions.

const settings: CallSettings = {
	id: "c",
	server: "fake",
	requestTimeoutMs: 1000,
	inputTimeoutMs: 60_000,
};
/** A client that can be asked for elicitation, and wants warnings. */
const client = {
	capabilities: { elicitation: { form: {}, url: {} } },
	principal: "anonymous",
	logLevel: "warning",
};
const attemptOf = (id: Id) => ({
	request: modernRequestOf(
		"tools/call",
		{ name: "a" },
		{ id, meta: { progressToken: `token ${id}` } },
	),
	client,
	receive() {},
});
const first = attemptOf(1);
const retry = attemptOf(2);
const elicitation = (id: Id): Request => ({
	jsonrpc: "2.0",
	id,
	method: "elicitation/create",
	params: { message: "Who?", requestedSchema: {} },
});
const other = (id: Id, method: string): Request => {
	return { jsonrpc: "2.0", id, method };
};
const notified = (method: string, params: Members = {}): CallEvent => {
	return { type: "notified", notification: { jsonrpc: "2.0", method, params } };
};
const given = (
	isFresh: boolean,
	...questions: readonly Request[]
): CallEvent => ({
	type: "leaseGiven",
	serverInfo: { name: "legacy" },
	questions,
	isFresh,
});
const answered = (code?: number, data?: Members): CallEvent => ({
	type: "answered",
	answer:
		code === undefined
			? resultOf(1, {})
			: errorOf(1, { code, message: "no", data }),
});
const elicitations = [
	{ mode: "url", url: "https://a", message: "m", elicitationId: "e" },
];
const action = (name: string) => ({ action: name });

/** The questions of every state are 50, asked as `elicitation-1`, and in one state a URL, asked as `elicitation-2`. */
export const events: Record<string, CallEvent> = {
	started: { type: "started" },
	"a child is found": { type: "childFound" },
	"a lease": given(false),
	"a lease of a fresh child": given(true),
	"a lease with questions": given(
		true,
		elicitation(9),
		other(10, "roots/list"),
	),
	"no lease": {
		type: "leaseRefused",
		error: { code: -32000, message: "no" },
	},
	answered: answered(),
	"answered with URLs": answered(-32042, { elicitations }),
	"answered by a time-out": answered(-32001, {
		code: "REQUEST_TIMEOUT",
		wasSent: true,
	}),
	asked: { type: "asked", question: elicitation(51) },
	"asked what is not declared": {
		type: "asked",
		question: other(52, "roots/list"),
	},
	"asked what nobody can be": { type: "asked", question: other(53, "x/ask") },
	"50 is cancelled": { type: "questionCancelled", id: 50 },
	"40 is cancelled": { type: "questionCancelled", id: 40 },
	progress: notified("notifications/progress", { progress: 1 }),
	"a warning": notified("notifications/message", { level: "warning" }),
	"an info": notified("notifications/message", { level: "info" }),
	"a list has changed": notified("notifications/tools/list_changed"),
	"the last ping": { type: "pingAnswered", id: "c-ping-2" },
	"an older ping": { type: "pingAnswered", id: "c-ping-1" },
	"time: queue": { type: "timeUp", timer: "queue" },
	"time: ping": { type: "timeUp", timer: "ping" },
	"time: pause": { type: "timeUp", timer: "pause" },
	"time: gather": { type: "timeUp", timer: "gather" },
	"time: expiry": { type: "timeUp", timer: "expiry" },
	"retried with answers": {
		type: "retried",
		attempt: retry,
		answers: {
			"elicitation-1": action("accept"),
			"elicitation-2": action("accept"),
		},
	},
	"retried without": { type: "retried", attempt: retry, answers: {} },
	"retried with a refusal": {
		type: "retried",
		attempt: retry,
		answers: {
			"elicitation-1": action("decline"),
			"elicitation-2": action("decline"),
		},
	},
	"its response is closed": { type: "closed", receive: first.receive },
	"another's response is closed": { type: "closed", receive() {} },
	ended: { type: "ended" },
};

const leased: Leased = {
	settings,
	serverInfo: { name: "legacy" },
	used: false,
	open: [],
	round: 0,
	keys: 2,
	pings: 2,
	unansweredPings: [],
};
const twoPings = { unansweredPings: ["c-ping-1", "c-ping-2"] };
const question: Question = {
	key: "elicitation-1",
	request: elicitation(50),
	childId: 50,
};
const url: Question = {
	key: "elicitation-2",
	request: other(0, "elicitation/create"),
};
const sent: Flight = { isSent: true, id: 1 };
const unsent: Flight = { isSent: false, pauses: [] };
const attempt = first;

/** The call is 1 at the child; its retry is 2. */
export const states: Record<string, CallState> = {
	idle: { name: "idle", settings, attempt },
	queued: { name: "queued", settings, attempt },
	"queued, for ever": {
		name: "queued",
		settings: { ...settings, requestTimeoutMs: 0 },
		attempt,
	},
	starting: { name: "starting", settings, attempt },
	"pausing until the child has read": {
		name: "pausing",
		leased: { ...leased, ...twoPings },
		attempt,
		pauses: ["read", "time"],
	},
	"pausing for some time": {
		name: "pausing",
		leased,
		attempt,
		pauses: ["time"],
	},
	working: {
		name: "working",
		leased: { ...leased, open: [elicitation(40)] },
		attempt,
		id: 1,
	},
	"gathering for some time": {
		name: "gathering",
		leased,
		attempt,
		flight: sent,
		questions: [question],
		until: "time",
	},
	"gathering until the child has read": {
		name: "gathering",
		leased: { ...leased, ...twoPings },
		attempt,
		flight: sent,
		questions: [question],
		until: "read",
	},
	"gathering before the call": {
		name: "gathering",
		leased: { ...leased, ...twoPings },
		attempt,
		flight: { isSent: false, pauses: ["read"] },
		questions: [question],
		until: "read",
	},
	suspended: {
		name: "suspended",
		leased: { ...leased, unansweredPings: ["c-ping-1"] },
		client,
		flight: sent,
		questions: [question],
	},
	"suspended before the call": {
		name: "suspended",
		leased,
		client,
		flight: unsent,
		questions: [question],
	},
	"suspended for a URL": {
		name: "suspended",
		leased,
		client,
		flight: unsent,
		questions: [url, question],
	},
	answered: {
		name: "answered",
		leased: { ...leased, open: [elicitation(40)] },
		client,
		answer: resultOf(1, {}),
	},
	settled: { name: "settled" },
};
