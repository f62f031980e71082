import { stripVTControlCharacters } from "node:util";
import type { Exit } from "../../protocol/wire.ts";

/** So many lines say what happened: the first one, and what stands below it. */
const maxLines = 3;
/** Characters of a line that are kept. */
const longestLine = 300;
/** An error with more than this below it was survived. */
const maxBelow = 5;

const says =
	/\b\w*(?:error|exception)s?\b|\b(?:fatal|panic(?:ked)?|cannot|can't|could(?: not|n't)|unable to|failed|failure|refused|denied|forbidden|unauthorized|invalid|missing|required|not found|no such|not set|must be set|not installed|not permitted|not supported|unsupported|unknown|unrecogni[sz]ed|unexpected|aborted)\b|\bE[A-Z]{4,}\b/i;
/** Of no concern by what it says of itself: `npm warn exec The following package was not found and will be installed`. */
const isHarmless =
	/^(?:npm )?\W*(?:warn(?:ing)?|info|debug|trace|notice)\b|\b(?:INFO|DEBUG|TRACE|WARN|WARNING|NOTICE)\b|\blevel["']?\s*[=:]\s*["']?(?:info|debug|trace|warn)|\b(?:0|no|without) errors?\b/;
/** A line of a stack trace or of what surrounds it, in the manner of JavaScript, Python, Java, Go, Rust, Ruby. */
const isFrame =
	/^\s*(?:at\s|File ".*", line \d|from \S+:\d+|goroutine \d+ \[|created by |\.\.\. \d+ more|\d+:\s+0x|\d+:\s+\S+::|Traceback \(most recent|stack backtrace:|node:internal\/|Node\.js v\d)|^\s+\S+:\d+(?::\d+|\s\+0x)|^[\w./*()]+\(.*\)$/;

/**
 * The lines of stderr that say what happened: from the first one that speaks of
 * an error on, without the stack trace. They are kept from the child's start
 * on, so that the end of a long trace does not push them out.
 */
export class FirstErrorLines {
	readonly #lines: string[] = [];
	readonly #reader = new TraceReader();
	#bytes: number;

	/** @param maxBytes of all of them */
	constructor(maxBytes: number) {
		this.#bytes = maxBytes;
	}

	/** The lines so far. */
	get lines(): string[] {
		return [...this.#lines];
	}

	/** Takes the next line. */
	push(line: string): void {
		if (this.#lines.length === maxLines) return;
		const kind = this.#reader.read(line);
		if (kind === "frame") return;
		if (this.#lines.length === 0 && kind !== "error") return;
		const kept = quotable(line);
		this.#bytes -= Buffer.byteLength(kept);
		if (this.#bytes >= 0) this.#lines.push(kept);
	}
}

/**
 * What a failure comes from, in one line: the first line of stderr that says
 * error or fatal; else the last one on stdout, where the child spoke no
 * JSON-RPC there; else the last one on stderr that is no part of a stack trace;
 * else the reason itself.
 */
export function causeOf(exit: Exit): string {
	return wordsOf(exit).replace(/[\p{Cc}\s]+/gu, " ");
}

function wordsOf(exit: Exit): string {
	const { reason, code, stderr, errorLines = [], stdout = [] } = exit;
	const error = errorLines.find((line) => !isThrow.test(line)) ?? errorLines[0];
	if (error !== undefined) return quotable(error);
	if (code !== "CHILD_EXITED" && code !== "START_TIMEOUT") return reason;
	const reader = new TraceReader();
	const words = stderr.filter((line) => reader.read(line) !== "frame");
	return quotable(stdout.at(-1) ?? words.at(-1) ?? reason);
}

/** The same of the last error, where it is near enough to the end of what a child wrote to be the end of it. */
export function lastErrorLines(lines: readonly string[]): string[] {
	const reader = new TraceReader();
	const kinds = lines.map((line) => reader.read(line));
	const last = kinds.lastIndexOf("error");
	const below = kinds.slice(last + 1).filter((kind) => kind === "other");
	if (last === -1 || below.length > maxBelow) return [];
	const before = kinds.slice(0, last).lastIndexOf("other");
	const first = kinds.indexOf("error", before + 1);
	return lines
		.filter((_, index) => index >= first && kinds[index] !== "frame")
		.slice(0, maxLines)
		.map(quotable);
}

/** The line of source that Node shows above an error that nobody caught. */
const isThrow = /^\s*(?:throw|raise|reject)\b/;

type Kind = "error" | "frame" | "other";

/** Tells what a line is, which for a line of Python's source depends on the one above it. */
class TraceReader {
	#isSourceNext = false;

	read(raw: string): Kind {
		const line = stripVTControlCharacters(raw.slice(0, longestLine));
		const isSource = this.#isSourceNext && /^\s{4}/.test(line);
		this.#isSourceNext = isSource || /^\s*(?:\|\s*)?File "/.test(line);
		if (isSource || isFrame.test(line) || !/[\p{L}\p{N}]/u.test(line)) {
			return "frame";
		}
		return says.test(line) && !isHarmless.test(line) ? "error" : "other";
	}
}

/** A line as it may stand in a sentence: without colours, and not too long. */
export function quotable(line: string): string {
	const head = line.slice(0, 2 * longestLine);
	return stripVTControlCharacters(head).trim().slice(0, longestLine);
}
