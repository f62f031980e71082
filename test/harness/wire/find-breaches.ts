import type { Conversation } from "./conversation.ts";
import { Faults } from "./faults.ts";
import {
	exactFingerprintOf,
	fingerprintOf,
	partsOf,
	withoutParts,
} from "./fingerprints.ts";
import { type Judge, loadJudge } from "./load-judge.ts";
import { kindOf, type Message } from "./message.ts";
import { withRightOwnMembers } from "./own-members.ts";
import { type Line, Reading } from "./reading.ts";
import { modernRevision, type Revision } from "./revisions.ts";
import { subscriptionProblems } from "./subscription-problems.ts";

/** A message of the bridge that it should not have sent. */
export interface Breach {
	to: Conversation["peer"];
	server: string | undefined;
	revisions: readonly Revision[];
	/** Milliseconds since 1970. */
	at: number;
	text: string;
	problem: string;
}

/**
 * All messages of the bridge that are not valid: what came in valid has to go out valid. What the bridge relays
 * of an invalid message of the other side is no breach.
 */
export async function findBreaches(
	conversations: readonly Conversation[],
): Promise<Breach[]> {
	const judge = await loadJudge(
		conversations.flatMap(({ revisions }) => revisions),
	);
	const readings = conversations.map((each) => new Reading(each));
	const faults = { client: new Faults(), child: new Faults() };
	for (const reading of readings)
		collectFaults(reading, judge, faults[reading.conversation.peer]);
	return readings.flatMap((reading) => {
		const { peer } = reading.conversation;
		return breachesOf(
			reading,
			judge,
			faults[peer === "client" ? "child" : "client"],
		);
	});
}

/** What is wrong with a message; one that may answer several requests is right if it answers any. */
function problemOf(
	message: Message,
	{ conversation: { peer, revisions } }: Reading,
	{ said: { by } }: Line,
	requests: readonly Message[],
	judge: Judge,
): string | undefined {
	const from = (by === "bridge") === (peer === "client") ? "server" : "client";
	const problems = (requests.length > 0 ? requests : [undefined]).map((asked) =>
		judge(message, { from, revisions, asked }),
	);
	return problems.includes(undefined) ? undefined : problems[0];
}

function collectFaults(reading: Reading, judge: Judge, faults: Faults): void {
	const { server, revisions } = reading.conversation;
	const isModern = revisions.includes(modernRevision);
	for (const line of reading.lines) {
		const { said, message } = line;
		if (said.by !== "peer" || message === undefined) continue;
		const requests = reading.requestsOf(line);
		const isWrong = (some: Message) =>
			problemOf(some, reading, line, requests, judge) !== undefined;
		if (!isWrong(message)) continue;
		for (const asked of requests.length > 0 ? requests : [undefined]) {
			const right = withRightOwnMembers(message, asked, isModern);
			faults.add(
				isWrong(right)
					? fingerprintOf(message, asked)
					: exactFingerprintOf(message, asked),
				server,
			);
		}
		const parts = partsOf(message);
		if (isWrong(withoutParts(message, parts))) continue;
		for (const part of parts) {
			const others = parts.filter((other) => other !== part);
			if (isWrong(withoutParts(message, others)))
				faults.add(part.fingerprint, server);
		}
	}
}

function breachesOf(reading: Reading, judge: Judge, faults: Faults): Breach[] {
	const { peer: to, server, revisions, problems } = reading.conversation;
	const misplaced = subscriptionProblems(reading);
	const found = reading.lines.flatMap((line) => {
		const { said, message } = line;
		if (said.by !== "bridge") return [];
		const problem =
			line.problem ??
			(message && breachOf(message, reading, line, judge, faults)) ??
			misplaced.get(line);
		return problem === undefined
			? []
			: [{ at: said.at, text: said.text, problem }];
	});
	return [...problems, ...found].map((each) => ({
		to,
		server,
		revisions,
		...each,
	}));
}

function breachOf(
	sent: Message,
	reading: Reading,
	line: Line,
	judge: Judge,
	faults: Faults,
): string | undefined {
	const { server } = reading.conversation;
	const requests = reading.requestsOf(line);
	const message = reading.withoutOddities(sent);
	const problem = problemOf(message, reading, line, requests, judge);
	if (problem === undefined) return strayProblem(message, reading, requests);
	const isRelayed = (requests.length > 0 ? requests : [undefined]).some(
		(asked) =>
			faults.has(fingerprintOf(message, asked), server) ||
			faults.has(exactFingerprintOf(message, asked), server),
	);
	if (isRelayed) return undefined;
	const faulty = partsOf(message).filter(({ fingerprint }) =>
		faults.has(fingerprint, server),
	);
	if (faulty.length === 0) return problem;
	const rest = withoutParts(message, faulty);
	return problemOf(rest, reading, line, requests, judge);
}

function strayProblem(
	message: Message,
	{ complete }: Reading,
	requests: readonly Message[],
): string | undefined {
	const kind = kindOf(message);
	const isResponse = kind === "result" || kind === "error";
	return isResponse && "id" in message && requests.length === 0 && complete
		? `no request had the id ${JSON.stringify(message.id)}`
		: undefined;
}
