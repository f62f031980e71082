import * as v from "valibot";
import { closestName } from "./closest-name.ts";
import type { Problem } from "./config-error.ts";
import { describeValue } from "./describe-value.ts";
import { type Path, pathText } from "./path-text.ts";

/** The values of an input by a schema, or undefined and a problem for each that is not allowed. */
export function checkValues<S extends v.GenericSchema>(
	schema: S,
	input: Record<string, unknown>,
	path: Path,
	add: (problem: Problem) => void,
): v.InferOutput<S> | undefined {
	const result = v.safeParse(schema, input, { abortPipeEarly: true });
	for (const issue of result.issues ?? []) {
		const keys = (issue.path ?? []).map((item) => item.key as string | number);
		const [key] = keys;
		const secret =
			path.length > 0
				? key === "env" || key === "args" || key === "stopCommand"
				: key === "sessionKey";
		add({
			path: pathText([...path, ...keys]),
			// A strict object expects nothing under a key that it does not know.
			found:
				issue.expected === "never"
					? "unknown key"
					: describeValue(issue.input, secret),
			expected: issue.message,
		});
	}
	return result.success ? result.output : undefined;
}

/** More are counted only: each is a line for a person. */
export const maxProblems = 20;

/** A problem for each key that is not known. */
export function unknownKeys(
	input: Record<string, unknown>,
	known: readonly string[],
	path: Path,
): Problem[] {
	const keys = Object.keys(input).filter((key) => !known.includes(key));
	const problems = keys.slice(0, maxProblems).map((key) => {
		const meant = closestName(key, known);
		const hint = meant === undefined ? "" : `; did you mean "${meant}"?`;
		return {
			path: pathText([...path, key]),
			found: "unknown key",
			expected: known.join(", ") + hint,
		};
	});
	if (keys.length <= maxProblems) return problems;
	const found = `${keys.length - maxProblems} more unknown keys`;
	return [
		...problems,
		{ path: pathText(path) || "config", found, expected: known.join(", ") },
	];
}
