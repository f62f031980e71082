import { isMembers } from "../../protocol/messages.ts";

const maxTools = 10_000;
/** A longer name is not kept: no revision recommends more than 128 characters. */
const maxLength = 256;

/** The tools that may be called a second time, as they say themselves (2025-11-25, server/tools, `readOnlyHint` and `idempotentHint`). */
export class RepeatableTools {
	readonly #names = new Set<string>();

	has(name: unknown): boolean {
		return typeof name === "string" && this.#names.has(name);
	}

	/** Takes the tools of a page of their list. */
	note(tools: unknown): void {
		if (!Array.isArray(tools)) return;
		for (const tool of tools) {
			if (!isMembers(tool) || typeof tool.name !== "string") continue;
			if (!isRepeatable(tool.annotations)) this.#names.delete(tool.name);
			else if (tool.name.length <= maxLength && this.#names.size < maxTools) {
				this.#names.add(tool.name);
			}
		}
	}

	clear(): void {
		this.#names.clear();
	}
}

function isRepeatable(annotations: unknown): boolean {
	if (!isMembers(annotations)) return false;
	const { readOnlyHint, idempotentHint } = annotations;
	return readOnlyHint === true || idempotentHint === true;
}
