/** The severities of log messages, least severe first (2025-11-25 and 2026-07-28, server/utilities/logging). */
const levels: readonly unknown[] = [
	"debug",
	"info",
	"notice",
	"warning",
	"error",
	"critical",
	"alert",
	"emergency",
];

/** True for a name of a severity. */
export function isLogLevel(value: unknown): value is string {
	return levels.includes(value);
}

/** Whether a message of that severity is at least as severe as `least`. An unknown severity counts as the least of all. */
export function isAtLeast(level: unknown, least: string): boolean {
	return levels.indexOf(level) >= levels.indexOf(least);
}

/** The least severe of some levels, or undefined of none. */
export function leastSevere(some: Iterable<string>): string | undefined {
	return [...some].sort((a, b) => levels.indexOf(a) - levels.indexOf(b))[0];
}
