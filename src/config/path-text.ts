/** Keys and indices that lead to a value. */
export type Path = readonly (string | number)[];

/** A path, and the `line:column` that it begins at where that is known. */
export function placed({
	path,
	place,
}: {
	path: Path;
	place?: string | undefined;
}): string {
	return place === undefined ? pathText(path) : `${pathText(path)} at ${place}`;
}

/** Longer keys are shortened: what is written here is for people. */
const longestKey = 80;

/** Keys and indices as one would write them in code: `servers["a b"].args[0]`. */
export function pathText(keys: Path): string {
	let text = "";
	for (const key of keys) {
		if (typeof key === "number") text += `[${key}]`;
		else if (key.length > longestKey)
			text += `[${JSON.stringify(`${key.slice(0, longestKey)}…`)}]`;
		else if (!/^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(key))
			text += `[${JSON.stringify(key)}]`;
		else text += text === "" ? key : `.${key}`;
	}
	return text;
}
