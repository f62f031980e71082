import type { DropKind } from "./drop-kinds.ts";
import {
	type Filters,
	filterAnswer,
	filterSubscription,
	isFiltered,
	isUpdateDenied,
	refuseFiltered,
} from "./filters.ts";
import { errorOf, type Message, type Request } from "./messages.ts";
import type { Receive } from "./peer.ts";
import type { Era } from "./revisions.ts";

/** What filtering works with. */
export interface FilteringOptions {
	/** The client's. */
	era: Era;
	/** As they are now: they may change while the client is connected. */
	filters(): Filters | undefined;
	/** A message went no further. */
	dropped(kind: DropKind): void;
}

/**
 * A request as the filters let it pass, and what takes what comes back for it;
 * undefined where they do not, and it has been answered.
 */
export function filteredRequest(
	request: Request,
	receive: Receive,
	options: FilteringOptions,
): { request: Request; receive: Receive } | undefined {
	const { era, filters, dropped } = options;
	const current = filters();
	const refusal = current && refuseFiltered(request, current, era);
	if (refusal) {
		dropped(refusal.kind);
		receive(errorOf(request.id, refusal.error));
		return undefined;
	}
	const admitted = current ? filterSubscription(request, current) : request;
	if (admitted !== request) dropped("subscription-to-denied-resource");
	return {
		request: admitted,
		// Also where nothing is filtered now: that may be otherwise when it comes back.
		receive: isFiltered(request)
			? filteredReceive(receive, options, request)
			: receive,
	};
}

/** Takes what comes back for a request, or without one, as the filters let it pass. */
export function filteredReceive(
	receive: Receive,
	{ era, filters, dropped }: FilteringOptions,
	request?: Request,
): Receive {
	return (message: Message) => {
		const current = filters();
		if (!current) receive(message);
		else if (!("method" in message)) {
			receive(request ? filterAnswer(request, message, current, era) : message);
		} else if (!("id" in message) && isUpdateDenied(message, current)) {
			dropped("update-of-denied-resource");
		} else receive(message);
	};
}
