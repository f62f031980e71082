import { expect, test } from "vitest";
import type { CallState } from "../../src/eras/suspendable-call-state.ts";
import { step } from "../../src/eras/suspendable-call-step.ts";
import { events, states } from "../harness/call-cases.ts";
import { outcomeInWords } from "../harness/call-step.ts";

/**
 * Each state with each event: what comes of it, and what is to be done. An
 * event that a state does not list changes nothing there: it cannot come, or
 * comes too late.
 */
const table: Record<string, Record<string, string>> = {
	idle: {
		started: "queued; takeLease; start queue 1000",
	},
	queued: {
		"a child is found": "starting; stop queue",
		"a lease": "working on 1; stop queue; ask level 1-level; ask call 1",
		"a lease of a fresh child":
			"pausing for read, waits for c-ping-1; stop queue; ask ping c-ping-1; start ping 1000",
		"a lease with questions":
			"gathering until time (unsent read) [elicitation-1]; stop queue; dropped question-nobody-can-answer; tell 10 error -32601; start gather 10",
		"no lease": "settled; stop queue; forget; client: 1 error -32603",
		"time: queue":
			"settled; reached requestTimeoutMs; giveUpWaiting; forget; client: 1 error -32001",
		"its response is closed": "settled; stop queue; giveUpWaiting; forget",
		ended: "settled; stop queue; giveUpWaiting; forget; client: 1 error -32800",
	},
	"queued, for ever": {
		"a child is found": "starting",
		"a lease": "working on 1; ask level 1-level; ask call 1",
		"a lease of a fresh child":
			"pausing for read, waits for c-ping-1; ask ping c-ping-1; start ping 1000",
		"a lease with questions":
			"gathering until time (unsent read) [elicitation-1]; dropped question-nobody-can-answer; tell 10 error -32601; start gather 10",
		"no lease": "settled; forget; client: 1 error -32603",
		"its response is closed": "settled; giveUpWaiting; forget",
		ended: "settled; giveUpWaiting; forget; client: 1 error -32800",
	},
	starting: {
		"a lease": "working on 1; ask level 1-level; ask call 1",
		"a lease of a fresh child":
			"pausing for read, waits for c-ping-1; ask ping c-ping-1; start ping 1000",
		"a lease with questions":
			"gathering until time (unsent read) [elicitation-1]; dropped question-nobody-can-answer; tell 10 error -32601; start gather 10",
		"no lease": "settled; forget; client: 1 error -32603",
		"its response is closed": "settled; giveUpWaiting; forget",
		ended: "settled; giveUpWaiting; forget; client: 1 error -32800",
	},
	"pausing until the child has read": {
		asked:
			"gathering until time (unsent read time) [elicitation-3], waits for c-ping-1 c-ping-2; stop ping; start gather 10",
		"asked what is not declared":
			"stays; dropped question-nobody-can-answer; tell 52 error -32601",
		"asked what nobody can be":
			"stays; dropped question-nobody-can-answer; tell 53 error -32601",
		progress: "stays; client: notifications/progress",
		"a warning": "stays; client: notifications/message",
		"an info": "stays; dropped notification-nobody-asked-for",
		"the last ping":
			"pausing for time, waits for c-ping-1; stop ping; start pause 50",
		"an older ping": "pausing for read, time, waits for c-ping-2",
		"time: ping":
			"pausing for time; tell cancelled c-ping-1; tell cancelled c-ping-2; start pause 50",
		"its response is closed":
			"settled; stop ping; tell cancelled c-ping-1; tell cancelled c-ping-2; forget; release",
		ended:
			"settled; stop ping; tell cancelled c-ping-1; tell cancelled c-ping-2; forget; release; client: 1 error -32800",
	},
	"pausing for some time": {
		asked:
			"gathering until time (unsent time) [elicitation-3]; stop pause; start gather 10",
		"asked what is not declared":
			"stays; dropped question-nobody-can-answer; tell 52 error -32601",
		"asked what nobody can be":
			"stays; dropped question-nobody-can-answer; tell 53 error -32601",
		progress: "stays; client: notifications/progress",
		"a warning": "stays; client: notifications/message",
		"an info": "stays; dropped notification-nobody-asked-for",
		"time: pause": "working on 1; ask level 1-level; ask call 1",
		"its response is closed": "settled; stop pause; forget; release",
		ended: "settled; stop pause; forget; release; client: 1 error -32800",
	},
	working: {
		answered: "settled; forget; release, open 40; client: 1 result",
		"answered with URLs":
			"gathering until time (unsent) [elicitation-3], open 40; start gather 10",
		"answered by a time-out":
			"settled; forget; release used, open 40; client: 1 error -32603",
		asked:
			"gathering until time (sent as 1) [elicitation-3], open 40; start gather 10",
		"asked what is not declared":
			"settled; dropped question-nobody-can-answer; tell 52 error -32601; tell cancelled 1; forget; release used, open 40; client: 1 error -32021",
		"asked what nobody can be":
			"stays; dropped question-nobody-can-answer; tell 53 error -32601",
		"40 is cancelled": "working on 1",
		progress: "stays; client: notifications/progress",
		"a warning": "stays; client: notifications/message",
		"an info": "stays; dropped notification-nobody-asked-for",
		"its response is closed":
			"settled; tell cancelled 1; forget; release used, open 40",
		ended:
			"settled; tell cancelled 1; forget; release used, open 40; client: 1 error -32800",
	},
	"gathering for some time": {
		answered:
			"settled; stop gather; forget; release, open 50; client: 1 result",
		"answered with URLs":
			"gathering until time (unsent) [elicitation-3], open 50",
		"answered by a time-out":
			"settled; stop gather; forget; release used, open 50; client: 1 error -32603",
		asked: "gathering until time (sent as 1) [elicitation-1, elicitation-3]",
		"asked what is not declared":
			"settled; stop gather; dropped question-nobody-can-answer; tell 52 error -32601; tell cancelled 1; tell 50 error -32800; forget; release used; client: 1 error -32021",
		"asked what nobody can be":
			"stays; dropped question-nobody-can-answer; tell 53 error -32601",
		"50 is cancelled": "working on 1; stop gather",
		progress: "stays; client: notifications/progress",
		"a warning": "stays; client: notifications/message",
		"an info": "stays; dropped notification-nobody-asked-for",
		"time: gather":
			"gathering until read (sent as 1) [elicitation-1], waits for c-ping-3; ask ping c-ping-3; start ping 1000",
		"its response is closed":
			"settled; stop gather; tell cancelled 1; tell 50 error -32800; forget; release used",
		ended:
			"settled; stop gather; tell cancelled 1; tell 50 error -32800; forget; release used; client: 1 error -32800",
	},
	"gathering until the child has read": {
		answered:
			"settled; stop ping; tell cancelled c-ping-1; tell cancelled c-ping-2; forget; release, open 50; client: 1 result",
		"answered with URLs":
			"gathering until time (unsent) [elicitation-3], open 50, waits for c-ping-1 c-ping-2; stop ping; start gather 10",
		"answered by a time-out":
			"settled; stop ping; tell cancelled c-ping-1; tell cancelled c-ping-2; forget; release used, open 50; client: 1 error -32603",
		asked:
			"gathering until read (sent as 1) [elicitation-1, elicitation-3], waits for c-ping-1 c-ping-2",
		"asked what is not declared":
			"settled; stop ping; dropped question-nobody-can-answer; tell 52 error -32601; tell cancelled 1; tell 50 error -32800; tell cancelled c-ping-1; tell cancelled c-ping-2; forget; release used; client: 1 error -32021",
		"asked what nobody can be":
			"stays; dropped question-nobody-can-answer; tell 53 error -32601",
		"50 is cancelled": "working on 1, waits for c-ping-1 c-ping-2; stop ping",
		progress: "stays; client: notifications/progress",
		"a warning": "stays; client: notifications/message",
		"an info": "stays; dropped notification-nobody-asked-for",
		"the last ping":
			"suspended (sent as 1) [elicitation-1], waits for c-ping-1; stop ping; suspend 1, round 1, 60000 ms [elicitation-1]; start expiry 60000",
		"an older ping":
			"gathering until read (sent as 1) [elicitation-1], waits for c-ping-2",
		"time: ping":
			"suspended (sent as 1) [elicitation-1]; tell cancelled c-ping-1; tell cancelled c-ping-2; suspend 1, round 1, 60000 ms [elicitation-1]; start expiry 60000",
		"its response is closed":
			"settled; stop ping; tell cancelled 1; tell 50 error -32800; tell cancelled c-ping-1; tell cancelled c-ping-2; forget; release used",
		ended:
			"settled; stop ping; tell cancelled 1; tell 50 error -32800; tell cancelled c-ping-1; tell cancelled c-ping-2; forget; release used; client: 1 error -32800",
	},
	"gathering before the call": {
		asked:
			"gathering until read (unsent read) [elicitation-1, elicitation-3], waits for c-ping-1 c-ping-2",
		"asked what is not declared":
			"stays; dropped question-nobody-can-answer; tell 52 error -32601",
		"asked what nobody can be":
			"stays; dropped question-nobody-can-answer; tell 53 error -32601",
		"50 is cancelled":
			"pausing for read, waits for c-ping-1 c-ping-2 c-ping-3; stop ping; ask ping c-ping-3; start ping 1000",
		progress: "stays; client: notifications/progress",
		"a warning": "stays; client: notifications/message",
		"an info": "stays; dropped notification-nobody-asked-for",
		"the last ping":
			"suspended (unsent read) [elicitation-1], waits for c-ping-1; stop ping; suspend 1, round 1, 60000 ms [elicitation-1]; start expiry 60000",
		"an older ping":
			"gathering until read (unsent read) [elicitation-1], waits for c-ping-2",
		"time: ping":
			"suspended (unsent read) [elicitation-1]; tell cancelled c-ping-1; tell cancelled c-ping-2; suspend 1, round 1, 60000 ms [elicitation-1]; start expiry 60000",
		"its response is closed":
			"settled; stop ping; tell 50 error -32800; tell cancelled c-ping-1; tell cancelled c-ping-2; forget; release",
		ended:
			"settled; stop ping; tell 50 error -32800; tell cancelled c-ping-1; tell cancelled c-ping-2; forget; release; client: 1 error -32800",
	},
	suspended: {
		answered: "answered, open 50, waits for c-ping-1",
		"answered with URLs": "answered, open 50, waits for c-ping-1",
		"answered by a time-out": "answered, used, open 50, waits for c-ping-1",
		asked:
			"suspended (sent as 1) [elicitation-1, elicitation-3], waits for c-ping-1",
		"asked what is not declared":
			"stays; dropped question-nobody-can-answer; tell 52 error -32601",
		"asked what nobody can be":
			"stays; dropped question-nobody-can-answer; tell 53 error -32601",
		"50 is cancelled": "suspended (sent as 1) [], waits for c-ping-1",
		progress: "stays; dropped notification-nobody-asked-for",
		"a warning": "stays; dropped notification-nobody-asked-for",
		"an info": "stays; dropped notification-nobody-asked-for",
		"an older ping": "suspended (sent as 1) [elicitation-1]",
		"time: expiry":
			"settled; tell cancelled 1; tell 50 error -32800; tell cancelled c-ping-1; forget; release used",
		"retried with answers":
			"working on 1, used, waits for c-ping-1; stop expiry; resume; tell 50 result",
		"retried without":
			"gathering until time (sent as 1) [elicitation-1], waits for c-ping-1; stop expiry; resume; start gather 10",
		"retried with a refusal":
			"working on 1, used, waits for c-ping-1; stop expiry; resume; tell 50 result",
		ended:
			"settled; stop expiry; tell cancelled 1; tell 50 error -32800; tell cancelled c-ping-1; forget; release used",
	},
	"suspended before the call": {
		asked: "suspended (unsent) [elicitation-1, elicitation-3]",
		"asked what is not declared":
			"stays; dropped question-nobody-can-answer; tell 52 error -32601",
		"asked what nobody can be":
			"stays; dropped question-nobody-can-answer; tell 53 error -32601",
		"50 is cancelled": "suspended (unsent) []",
		progress: "stays; dropped notification-nobody-asked-for",
		"a warning": "stays; dropped notification-nobody-asked-for",
		"an info": "stays; dropped notification-nobody-asked-for",
		"time: expiry": "settled; tell 50 error -32800; forget; release",
		"retried with answers":
			"pausing for read, time, read, time, used, waits for c-ping-3; stop expiry; resume; tell 50 result; ask ping c-ping-3; start ping 1000",
		"retried without":
			"gathering until time (unsent) [elicitation-1]; stop expiry; resume; start gather 10",
		"retried with a refusal":
			"pausing for read, time, read, time, used, waits for c-ping-3; stop expiry; resume; tell 50 result; ask ping c-ping-3; start ping 1000",
		ended: "settled; stop expiry; tell 50 error -32800; forget; release",
	},
	"suspended for a URL": {
		asked: "suspended (unsent) [elicitation-2, elicitation-1, elicitation-3]",
		"asked what is not declared":
			"stays; dropped question-nobody-can-answer; tell 52 error -32601",
		"asked what nobody can be":
			"stays; dropped question-nobody-can-answer; tell 53 error -32601",
		"50 is cancelled": "suspended (unsent) [elicitation-2]",
		progress: "stays; dropped notification-nobody-asked-for",
		"a warning": "stays; dropped notification-nobody-asked-for",
		"an info": "stays; dropped notification-nobody-asked-for",
		"time: expiry": "settled; tell 50 error -32800; forget; release",
		"retried with answers":
			"pausing for read, time, read, time, used, waits for c-ping-3; stop expiry; resume; tell 50 result; ask ping c-ping-3; start ping 1000",
		"retried without":
			"gathering until time (unsent) [elicitation-2, elicitation-1]; stop expiry; resume; start gather 10",
		"retried with a refusal":
			"settled; stop expiry; resume; tell 50 error -32800; forget; release; client: 2 error -32603",
		ended: "settled; stop expiry; tell 50 error -32800; forget; release",
	},
	answered: {
		asked: "answered, open 40 51",
		"asked what is not declared":
			"stays; dropped question-nobody-can-answer; tell 52 error -32601",
		"asked what nobody can be":
			"stays; dropped question-nobody-can-answer; tell 53 error -32601",
		"40 is cancelled": "answered",
		progress: "stays; dropped notification-nobody-asked-for",
		"a warning": "stays; dropped notification-nobody-asked-for",
		"an info": "stays; dropped notification-nobody-asked-for",
		"time: expiry": "settled; forget; release, open 40",
		"retried with answers":
			"settled; stop expiry; resume; forget; release, open 40; client: 2 result",
		"retried without":
			"settled; stop expiry; resume; forget; release, open 40; client: 2 result",
		"retried with a refusal":
			"settled; stop expiry; resume; forget; release, open 40; client: 2 result",
		ended: "settled; stop expiry; forget; release, open 40",
	},
	settled: {
		"a lease": "stays; release",
		"a lease of a fresh child": "stays; release",
		"a lease with questions": "stays; release, open 9 10",
	},
};

test.each(Object.keys(states))("%s", (name) => {
	const state = states[name] as CallState;
	const outcomes = Object.entries(events).map(([what, event]) => [
		what,
		outcomeInWords(state, step(state, event)),
	]);
	expect(Object.fromEntries(outcomes)).toEqual(table[name]);
});
