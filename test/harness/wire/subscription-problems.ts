import { kindOf, memberOf } from "./message.ts";
import type { Line, Reading } from "./reading.ts";
import { metaKey, modernRevision } from "./revisions.ts";

const acknowledged = "notifications/subscriptions/acknowledged";

/**
 * What is wrong with the place of messages in the response to `subscriptions/listen`: the acknowledgement comes
 * first, and every message names the subscription, by the id of the request with its exact JSON type
 * (2026-07-28, basic/patterns/subscriptions).
 */
export function subscriptionProblems({
	conversation,
	lines,
}: Reading): Map<Line, string> {
	const problems = new Map<Line, string>();
	if (
		conversation.peer !== "client" ||
		!conversation.revisions.includes(modernRevision)
	)
		return problems;
	// A modern conversation with a client is one POST.
	const id = lines.find(
		({ said, message }) =>
			said.by === "peer" && message?.method === "subscriptions/listen",
	)?.message?.id;
	if (id === undefined) return problems;
	let isFirst = true;
	for (const line of lines) {
		const { said, message } = line;
		if (said.by !== "bridge" || message === undefined) continue;
		if (kindOf(message) === "error") continue;
		const named = memberOf(
			message.params ?? message.result,
			"_meta",
			metaKey.subscriptionId,
		);
		if (named !== id)
			problems.set(
				line,
				`_meta.${metaKey.subscriptionId} is ${JSON.stringify(named)} instead of ${JSON.stringify(id)}`,
			);
		else if (isFirst && "method" in message && message.method !== acknowledged)
			problems.set(line, `it comes before ${acknowledged}`);
		isFirst = false;
	}
	return problems;
}
