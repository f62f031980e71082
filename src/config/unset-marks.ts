import { type Problem, unsetVariable } from "./config-error.ts";
import { readVariable } from "./env.ts";
import { type Path, pathText } from "./path-text.ts";
import { isPlainObject } from "./plain-object.ts";

/** NUL stands in no text that a config may hold; the number tells the calls apart, whatever is made of the text. */
const mark = /\0unset (\d+)\0/gi;

/**
 * The `env` that one run of a `servers.ts` gets, and what it could not give.
 * A variable that is not set and has no default is a mark in the file's
 * values, by which is found later whose value it is: so all that are missing
 * are named at once, and one of a single entry is that entry's fault alone.
 */
export class UnsetMarks {
	/** Names by the number of their mark. */
	readonly #calls: string[] = [];
	readonly #found = new Set<number>();

	/** As `env` of the package, except that it throws nothing. */
	readonly env = (name: string, fallback?: string): string => {
		const value = readVariable(name) ?? fallback;
		if (value !== undefined) return value;
		return `\0unset ${this.#calls.push(name) - 1}\0`;
	};

	/** A problem for each mark that stands in plain data. */
	within(value: unknown, path: Path): Problem[] {
		const problems: Problem[] = [];
		const seen = new Set<unknown>();
		const search = (value: unknown, path: Path) => {
			if (typeof value === "string")
				problems.push(...this.#marksOf(value, path));
			if (typeof value !== "object" || value === null || seen.has(value))
				return;
			seen.add(value);
			if (Array.isArray(value))
				for (const [index, item] of value.entries())
					search(item, [...path, index]);
			else if (isPlainObject(value))
				for (const [key, item] of Object.entries(value))
					search(item, [...path, key]);
		};
		search(value, path);
		return problems;
	}

	/** A problem for each that was found in no data: nobody knows what became of it. */
	get lost(): Problem[] {
		return this.#calls
			.map((name, index) => ({ name, index }))
			.filter(({ index }) => !this.#found.has(index))
			.map(({ name }) => problem(`env(${JSON.stringify(name)})`, name));
	}

	#marksOf(text: string, path: Path): Problem[] {
		return [...text.matchAll(mark)].flatMap(([, number]) => {
			const index = Number(number);
			const name = this.#calls[index];
			if (name === undefined) return [];
			this.#found.add(index);
			return problem(pathText(path), name);
		});
	}
}

function problem(path: string, name: string): Problem {
	return unsetVariable(path, name, `env(${JSON.stringify(name)}, "…")`);
}
