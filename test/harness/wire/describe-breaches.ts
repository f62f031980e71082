import type { Breach } from "./find-breaches.ts";

const mostShown = 20;
const mostText = 600;

/**
 * For people: what the bridge said, to whom, in which test, and what is wrong with it. Breaches that differ in
 * their text alone are told once.
 *
 * @param testAt the test that ran at a time
 */
export function describeBreaches(
	breaches: readonly Breach[],
	testAt: (at: number) => string | undefined,
): string {
	const kinds = new Map<string, Breach[]>();
	for (const breach of breaches) {
		const kind = `${breach.to} ${breach.server} ${breach.problem}`;
		kinds.set(kind, [...(kinds.get(kind) ?? []), breach]);
	}
	const shown = [...kinds.values()]
		.slice(0, mostShown)
		.map((all, index) => describe(index + 1, all, testAt));
	const left = kinds.size - shown.length;
	return [
		`The bridge sent what is not valid (${breaches.length} messages):`,
		...shown,
		...(left > 0 ? [`… and ${left} kinds more`] : []),
	].join("\n\n");
}

function describe(
	number: number,
	all: readonly Breach[],
	testAt: (at: number) => string | undefined,
): string {
	const { to, server, revisions, at, text, problem } = all[0] as Breach;
	const excerpt = text.length > mostText ? `${text.slice(0, mostText)}…` : text;
	return [
		`${number}. bridge → ${to}${server === undefined ? "" : `, server "${server}"`}, revision ${revisions.join(" or ")}${all.length > 1 ? `, ${all.length} times` : ""}`,
		`   in the test: ${testAt(at) ?? "before the first one"}`,
		`   ${problem}`,
		`   ${excerpt}`,
	].join("\n");
}
