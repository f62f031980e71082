/** Messages that go no further, by kind: each is counted in `/status` and `/metrics`. */
export const dropKinds = {
	"answer-nobody-waits-for":
		"the server's answer to a request that was cancelled, timed out or answered before",
	"answer-to-no-question": "a client's answer to what it was not asked",
	"answer-under-unknown-id":
		"the server's answer under an id that it was not given",
	"answer-unreadable": "an answer of the server that cannot be read",
	"call-of-denied-tool": "a call of a tool that the filters deny",
	"client-state-on-shared-child":
		"what one client says of itself, on a child that several share",
	"log-of-no-certain-client":
		"a log message of which nobody can tell whose it is, or below its client's level",
	"log-of-no-certain-request":
		"a log message of a server of revision 2026-07-28 of which nobody can tell to which request it belongs",
	"message-nested-too-deep": "a message of the server that is nested too deep",
	"message-that-failed": "a message of the server on which the bridge failed",
	"notification-before-acknowledgement":
		"a notification too many before a subscription is acknowledged",
	"notification-nobody-asked-for":
		"a notification that a client of revision 2026-07-28 has not asked for",
	"notification-of-modern-client":
		"a client's notification under revision 2026-07-28, which defines none over HTTP",
	"notification-of-no-certain-client":
		"a notification of which nobody can tell for whom it is",
	"notification-of-no-request":
		"a notification of a server of revision 2026-07-28 that belongs to no request",
	"notification-unknown-to-modern-child":
		"a legacy client's notification that revision 2026-07-28 does not have",
	"notification-without-child":
		"a client's notification that waited for a child that could not be started",
	"notification-without-room":
		"a client's notification for which the queue had no room",
	"oversize-line": "a line of the server longer than `maxLineBytes`",
	"progress-of-no-request":
		"progress of a request that is answered, unknown, or further already",
	"question-nobody-can-answer":
		"a request of the server that its client has not declared to answer",
	"question-of-child-that-does-not-read":
		"a request of a server that does not read the answers",
	"question-of-modern-child":
		"a request of a server of revision 2026-07-28, which has to use `input_required`",
	"question-on-shared-child":
		"a request of a server of which nobody can tell whom it asks",
	"question-too-many":
		"a request of a server that has asked too much already that nobody has answered",
	"request-for-denied-prompt": "a request for a prompt that the filters deny",
	"request-for-denied-resource":
		"a request for a resource that the filters deny",
	"subscription-refused":
		"a resource that a subscription named and that the server refused to watch",
	"subscription-to-denied-resource":
		"a subscription to a resource that the filters deny",
	"suspended-call-that-gave-way":
		"a call that waited for its client and gave way to a newer one",
	"update-of-denied-resource": "an update of a resource that the filters deny",
	"update-of-no-subscriber": "an update of a resource that nobody watches",
} as const;

/** Why a message went no further. */
export type DropKind = keyof typeof dropKinds;
