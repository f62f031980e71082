import { ErrorCode } from "../protocol/error-codes.ts";
import type { Request, Response } from "../protocol/messages.ts";
import type { Peer } from "../protocol/peer.ts";
import type { Observer, Outcome } from "./observer.ts";
import { traceIdOf } from "./trace-id.ts";

/** Whose requests they are. */
export interface Asker {
	server: string;
	session?: string | undefined;
}

/** A peer whose answers are told to an observer, after they have gone out. */
export function observedPeer(
	peer: Peer,
	observer: Observer,
	{ server, session }: Asker,
): Peer {
	return {
		tell: (message) => peer.tell(message),
		listen: (receive) => peer.listen(receive),
		close: () => peer.close(),
		ask(request, receive) {
			if (!observer.watchesRequests) {
				peer.ask(request, receive);
				return;
			}
			const begun = performance.now();
			peer.ask(request, (message) => {
				receive(message);
				if ("method" in message) return;
				observer.answered({
					server,
					session,
					method: request.method,
					name: nameOf(request),
					outcome: outcomeOf(message),
					code: "error" in message ? message.error.code : undefined,
					ms: performance.now() - begun,
					request: request.id,
					trace: traceIdOf(request),
				});
			});
		},
	};
}

function nameOf({ method, params }: Request): string | undefined {
	const isNamed = method === "tools/call" || method === "prompts/get";
	return isNamed && typeof params?.name === "string" ? params.name : undefined;
}

function outcomeOf(answer: Response): Outcome {
	if ("error" in answer) {
		const isCancelled = answer.error.code === ErrorCode.requestCancelled;
		return isCancelled ? "cancelled" : "error";
	}
	const { isError, resultType } = answer.result;
	if (resultType === "input_required") return "input-required";
	return isError === true ? "tool-error" : "ok";
}
