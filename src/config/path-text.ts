/** Keys and indices as one would write them in code: `servers["a b"].args[0]`. */
export function pathText(keys: readonly (string | number)[]): string {
	let text = "";
	for (const key of keys) {
		if (typeof key === "number") text += `[${key}]`;
		else if (!/^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(key))
			text += `[${JSON.stringify(key)}]`;
		else text += text === "" ? key : `.${key}`;
	}
	return text;
}
