import type { Problem } from "./config-error.ts";
import { describeValue } from "./describe-value.ts";
import { isPlainObject } from "./plain-object.ts";

/** What hosts call the lists of tools that are offered, or are not. */
const kinds: Readonly<Record<string, "allow" | "deny">> = {
	allowedTools: "allow",
	allowed_tools: "allow",
	enabledTools: "allow",
	enabled_tools: "allow",
	includeTools: "allow",
	include_tools: "allow",
	disabledTools: "deny",
	disabled_tools: "deny",
	excludeTools: "deny",
	exclude_tools: "deny",
};

/** Gathers the filters of one entry's tools from the words of other hosts. What is no filter is a problem: nothing that restricts may be passed over. */
export class ToolFilter {
	readonly #lists: { allow?: readonly string[]; deny?: readonly string[] } = {};
	readonly #problems: Problem[];

	/** @param problems to which those of the filters are added */
	constructor(problems: Problem[]) {
		this.#problems = problems;
	}

	/** The filters in the words of `servers.ts`; undefined where there is none. */
	get tools() {
		return Object.keys(this.#lists).length > 0 ? this.#lists : undefined;
	}

	/** Takes a member of an entry; false where it is none that filters tools. */
	take(key: string, value: unknown, path: string): boolean {
		if (key === "toolFilter") {
			this.#takeModed(value, path);
			return true;
		}
		if (key === "tools") return this.#takeTools(value, path);
		const kind = kinds[key];
		if (kind !== undefined) this.#add(kind, value, path);
		return kind !== undefined;
	}

	/** As `servers.ts` has it, or the list of those that are offered (GitHub's agent); what else stands there is left to a check of the values. */
	#takeTools(value: unknown, path: string): boolean {
		if (Array.isArray(value)) {
			this.#add("allow", value, path);
			return true;
		}
		if (!isPlainObject(value)) return false;
		const { allow, deny, ...others } = value;
		const isEmpty = allow === undefined && deny === undefined;
		if (isEmpty || Object.keys(others).length > 0) return false;
		if (allow !== undefined) this.#add("allow", allow, `${path}.allow`);
		if (deny !== undefined) this.#add("deny", deny, `${path}.deny`);
		return true;
	}

	/** As TBXark's mcp-proxy has it; without a mode it lets everything pass. */
	#takeModed(value: unknown, path: string): void {
		const { mode, list } = isPlainObject(value) ? value : {};
		const kind = { allow: "allow", block: "deny" } as const;
		if (mode === "allow" || mode === "block")
			this.#add(kind[mode], list, `${path}.list`);
		else
			this.#refuse(
				value,
				path,
				'{"mode": "allow" or "block", "list": ["name of a tool"]}',
			);
	}

	#add(kind: "allow" | "deny", value: unknown, path: string): void {
		const names = typeof value === "string" ? [value] : value;
		if (
			!Array.isArray(names) ||
			!names.every((name) => typeof name === "string")
		)
			this.#refuse(value, path, "an array of names of tools");
		else if (kind === "deny")
			this.#lists.deny = [...(this.#lists.deny ?? []), ...names];
		else if (this.#lists.allow === undefined) this.#lists.allow = names;
		else this.#refuse(value, path, "one list of the tools that are offered");
	}

	#refuse(value: unknown, path: string, expected: string): void {
		this.#problems.push({ path, found: describeValue(value), expected });
	}
}
