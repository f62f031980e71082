/** A JSON object or array that comes in parts; it knows where its end is, and nothing else of JSON. */
export class OpenJson {
	#parts: string[] = [];
	#length = 0;
	#level = 0;
	#isInString = false;
	#isEscaped = false;

	/** What it consists of so far. */
	get text(): string {
		if (this.#parts.length > 1) this.#parts = [this.#parts.join("")];
		return this.#parts[0] ?? "";
	}

	/** How long that is. */
	get length(): number {
		return this.#length;
	}

	/**
	 * Adds a part; the first one begins with the opening bracket.
	 *
	 * @returns where in the part the closing bracket is left behind; what stands there is not added. Undefined where it has not come.
	 */
	push(part: string): number | undefined {
		for (let at = 0; at < part.length; at++) {
			const character = part[at];
			if (this.#isEscaped) this.#isEscaped = false;
			else if (this.#isInString) {
				if (character === "\\") this.#isEscaped = true;
				else if (character === '"') this.#isInString = false;
			} else if (character === '"') this.#isInString = true;
			else if (character === "{" || character === "[") this.#level++;
			else if (character === "}" || character === "]") {
				this.#level--;
				if (this.#level > 0) continue;
				this.#add(part.slice(0, at + 1));
				return at + 1;
			}
		}
		this.#add(part);
		return undefined;
	}

	#add(part: string): void {
		this.#parts.push(part);
		this.#length += part.length;
	}
}
