import { createHash } from "node:crypto";
import type { Logger } from "pino";
import type { Observer, Refused, SessionNote } from "../observer.ts";
import { RefusalBudget } from "./refusal-budget.ts";

/** Characters of a text of a client that are logged. */
const longestText = 300;

/**
 * Logs what passes through the HTTP surface: refusals at `info`, as many as
 * there may be in a minute; sessions and requests at `debug`. No payloads, no
 * queries, and of a session's id, which whoever has it can use, a digest.
 */
export function accessLog(log: Logger): Observer {
	const budget = new RefusalBudget(({ status, server, count }) => {
		const more = count.toLocaleString("en-US");
		log.info(
			{ status, server, count },
			`and ${more} more refused the same way`,
		);
	});
	return {
		get watchesRequests() {
			return log.isLevelEnabled("debug");
		},
		get readsTraces() {
			return log.isLevelEnabled("debug");
		},
		refused(refused) {
			// The bridge's own failure is logged where it happens, with its stack.
			if (refused.status === 500 || !log.isLevelEnabled("info")) return;
			if (budget.take(refused)) log.info(...refusalLine(refused));
		},
		answered({ method, name, outcome, reason, ms, session, ...others }) {
			const rounded = Math.round(ms * 10) / 10;
			const called = name === undefined ? "" : ` ${bounded(name)}`;
			const fields = {
				...others,
				session: session && sessionLabel(session),
				method: bounded(method),
				// Not as "name": pretty printers take that for the program's.
				...(name && {
					[method === "prompts/get" ? "prompt" : "tool"]: bounded(name),
				}),
				outcome,
				...(reason && { reason: bounded(reason) }),
				ms: rounded,
			};
			log.debug(
				fields,
				`${bounded(method)}${called}: ${outcome}, ${rounded} ms`,
			);
		},
		sessionOpened: (note) => logSession(log, note, "session opened"),
		sessionEnded: (note) => logSession(log, note, "session ended"),
	};
}

/** What stands in the log for a session: the same for the same id, and of no use to anybody else. */
export function sessionLabel(id: string): string {
	return createHash("sha256").update(id).digest("hex").slice(0, 8);
}

function refusalLine(refused: Refused): [object, string] {
	const { method, status, session, isOnStream, ...others } = refused;
	const path = bounded(refused.path);
	const how = isOnStream ? "refused on its stream, as if" : "refused";
	const fields = {
		...others,
		session: session && sessionLabel(session),
		method,
		path,
		status,
		reason: bounded(refused.reason),
	};
	return [fields, `${method} ${path} ${how} with ${status}`];
}

function logSession(log: Logger, note: SessionNote, text: string): void {
	if (!log.isLevelEnabled("debug")) return;
	const { server, transport, session } = note;
	log.debug({ server, transport, session: sessionLabel(session) }, text);
}

function bounded(text: string): string {
	return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
}
