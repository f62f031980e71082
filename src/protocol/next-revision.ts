import { ErrorCode } from "./error-codes.ts";
import type { ErrorObject } from "./messages.ts";
import {
	isLegacyRevision,
	latestLegacyRevision,
	legacyRevisions,
	modernRevision,
} from "./revisions.ts";
import type { Exit } from "./wire.ts";

/** A child that was opened with `initialize` and did not become ready. */
export interface FailedOpening {
	failure: Exit;
	/** The error that answered `initialize`, where one did. */
	refusal?: ErrorObject | undefined;
	/** The revisions that were offered so far, one process each, the last one by this failure. */
	tried: readonly string[];
	/** Whether one may be tried that nothing names. */
	mayGuess: boolean;
}

/** A child that has refused two legacy revisions has another reason. */
const maxTries = 2;

/**
 * The revision in which a child is opened once more, in another process: the
 * newest legacy one that it names in its refusal or in its last words, else the
 * modern one where it says that it speaks that, else the oldest (2025-11-25,
 * lifecycle, 'Version Negotiation'; 2026-07-28, basic/versioning, 'Backward
 * Compatibility').
 *
 * @returns undefined where the revision is not the reason, or none is left to try
 */
export function nextRevision(opening: FailedOpening): string | undefined {
	const { failure, refusal, tried, mayGuess } = opening;
	const isLeft = (revision: string) => !tried.includes(revision);
	const named = (
		refusal ? namedByRefusal(refusal, isLeft) : namedByWords(failure)
	).filter(isLeft);
	if (tried.length < maxTries) {
		const legacy = newestLegacy(named);
		if (legacy !== undefined) return legacy;
	}
	const isModern =
		named.includes(modernRevision) ||
		refusal?.code === ErrorCode.unsupportedProtocolVersion;
	if (isModern && isLeft(modernRevision)) return modernRevision;
	const isGuess =
		mayGuess &&
		tried.length < maxTries &&
		(refusal ? isOfVersion(refusal) : exitsForVersion(failure));
	if (!isGuess) return undefined;
	return [legacyRevisions[0], latestLegacyRevision].find(isLeft);
}

/**
 * A failure as it is told, with what it has to do with revisions.
 *
 * @param unused the revision in which the child might still be opened, but must not be
 */
export function toldWithRevisions(
	{ failure, refusal }: Pick<FailedOpening, "failure" | "refusal">,
	tried: readonly string[],
	unused: string | undefined,
): Exit {
	const { reason } = failure;
	if (refusal && unused === modernRevision) {
		return {
			...failure,
			code: "REVISION_NOT_SERVED",
			reason: `speaks only protocol revisions without a handshake (set "protocol" to "auto" or "modern"): ${reason}`,
		};
	}
	const [before, last] = [tried.at(-2), tried.at(-1)];
	const how =
		unused !== undefined
			? `it was opened in revision ${last} and speaks ${unused}: set "protocol" to "auto"`
			: `it was opened in revision ${last}, after another process had not taken ${before}`;
	return unused === undefined && before === undefined
		? failure
		: { ...failure, reason: `${reason} (${how})` };
}

/** One that the bridge knows before one that it only knows to have a handshake, since it is older than the one without. */
function newestLegacy(revisions: readonly string[]): string | undefined {
	const newestFirst = revisions.toSorted().toReversed();
	return (
		newestFirst.find(isLegacyRevision) ??
		newestFirst.find((revision) => revision < modernRevision)
	);
}

/** What `data` names, under whatever member; where that is nothing, the known ones in the message. */
function namedByRefusal(
	{ message, data }: ErrorObject,
	isLeft: (revision: string) => boolean,
): string[] {
	const inData = dates(JSON.stringify(data ?? "")).filter(isLeft);
	return inData.length > 0 ? inData : dates(String(message)).filter(isKnown);
}

function namedByWords(failure: Exit): string[] {
	return failure.code === "CHILD_EXITED"
		? dates(wordsOf(failure)).filter(isKnown)
		: [];
}

/** Any other date in a text may be one of anything. */
function isKnown(date: string): boolean {
	return date === modernRevision || isLegacyRevision(date);
}

function dates(text: string): string[] {
	return text.match(/\b\d{4}-\d{2}-\d{2}\b/g) ?? [];
}

function isOfVersion({ code, message, data }: ErrorObject): boolean {
	return (
		code === ErrorCode.invalidParams ||
		/version|protocol|revision/i.test(`${message} ${JSON.stringify(data)}`)
	);
}

const versionWords =
	/protocol.?version|(?:unsupported|unknown|bad|wrong|invalid|incompatible|mismatch).{0,40}\b(?:version|revision|protocol)\b|\b(?:version|revision|protocol)\b.{0,40}(?:unsupported|not supported|unknown|mismatch|invalid|incompatible)/i;

/** One that does not say why it exits may do so for any reason, this one included; one that is killed has not read anything. */
function exitsForVersion(failure: Exit): boolean {
	if (failure.code !== "CHILD_EXITED") return false;
	if (failure.errorLines === undefined && failure.signal === undefined) {
		return true;
	}
	const words = wordsOf(failure);
	return versionWords.test(words) || words.includes(latestLegacyRevision);
}

function wordsOf({ errorLines = [], stderr, stdout = [] }: Exit): string {
	return [...errorLines, ...stderr, ...stdout].join("\n");
}
