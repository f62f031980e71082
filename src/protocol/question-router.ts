import { nobodyToAsk, noQuestions, tooManyQuestions } from "./given-errors.ts";
import { errorOf, type Request, type Response, resultOf } from "./messages.ts";
import type { ReadyChild } from "./multiplexer-options.ts";
import type { Routing } from "./notification-router.ts";

/** So many bytes of answers of the bridge's own may wait for a child that does not read them. */
const mostOwed = 4 * 2 ** 20;
/** What an answer has besides its id, about. */
const answerBytes = 250;
/** So many questions of a child may be open, and so many bytes of them where it is more than one. */
const mostOpen = 1000;
const mostOpenBytes = 4 * 2 ** 20;
const owed = new WeakMap<ReadyChild, number>();

/** Takes a request of a child to the client that is to answer it, or answers it where there is none. */
export function routeQuestion(
	request: Request,
	child: ReadyChild,
	{ ledger, recipients, dropped }: Routing,
): void {
	const answer = (response: Response) => {
		const bytes = answerBytes + String(response.id).length;
		const before = owed.get(child) ?? 0;
		if (before + bytes > mostOwed) {
			dropped("question-of-child-that-does-not-read");
			return;
		}
		owed.set(child, before + bytes);
		child.write(response, () => {
			owed.set(child, (owed.get(child) ?? bytes) - bytes);
		});
	};
	if (request.method === "ping") {
		answer(resultOf(request.id, {}));
		return;
	}
	if (child.era === "modern") {
		dropped("question-of-modern-child");
		answer(errorOf(request.id, noQuestions(request.method)));
		return;
	}
	const link = recipients.asked(request);
	if (!link) {
		dropped("question-on-shared-child");
		answer(errorOf(request.id, nobodyToAsk(request.method)));
		return;
	}
	const bytes = Buffer.byteLength(JSON.stringify(request));
	const open = ledger.openQuestions;
	if (
		open.count >= mostOpen ||
		(open.count > 0 && open.bytes + bytes > mostOpenBytes)
	) {
		dropped("question-too-many");
		answer(errorOf(request.id, tooManyQuestions));
		return;
	}
	recipients.deliver(link, ledger.question(link, request, bytes));
}
