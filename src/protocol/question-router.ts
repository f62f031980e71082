import { nobodyToAsk, noQuestions } from "./given-errors.ts";
import { errorOf, type Request, resultOf } from "./messages.ts";
import type { ReadyChild } from "./multiplexer-options.ts";
import type { Routing } from "./notification-router.ts";

/** Takes a request of a child to the client that is to answer it, or answers it where there is none. */
export function routeQuestion(
	request: Request,
	child: ReadyChild,
	{ ledger, recipients, dropped }: Routing,
): void {
	// It has not read the answers before this one either: they must not pile up.
	if (child.isBehind()) {
		dropped("question-of-child-that-does-not-read");
		return;
	}
	if (request.method === "ping") {
		child.write(resultOf(request.id, {}));
		return;
	}
	if (child.era === "modern") {
		dropped("question-of-modern-child");
		child.write(errorOf(request.id, noQuestions(request.method)));
		return;
	}
	const link = recipients.asked(request);
	if (link) recipients.deliver(link, ledger.question(link, request));
	else {
		dropped("question-on-shared-child");
		child.write(errorOf(request.id, nobodyToAsk(request.method)));
	}
}
