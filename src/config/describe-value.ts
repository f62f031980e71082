const maxLength = 40;

/** A value as an error shows it: its type, and a short form of it unless it may be a secret. */
export function describeValue(value: unknown, secret = false): string {
	if (value === undefined || value === null) return String(value);
	if (Array.isArray(value)) return `array of ${value.length}`;
	switch (typeof value) {
		case "string":
			return secret ? "string (not shown)" : `string ${quote(value)}`;
		case "number":
		case "boolean":
		case "bigint":
			return secret
				? `${typeof value} (not shown)`
				: `${typeof value} ${String(value)}`;
		case "object":
			return Object.prototype.toString.call(value).slice(8, -1).toLowerCase();
		default:
			return typeof value;
	}
}

function quote(text: string): string {
	return JSON.stringify(
		text.length > maxLength ? `${text.slice(0, maxLength)}…` : text,
	);
}
