import type { Members } from "./messages.ts";

/** What a server declares that has a method. */
const capabilityOf = new Map([
	["tools/list", "tools"],
	["tools/call", "tools"],
	["prompts/list", "prompts"],
	["prompts/get", "prompts"],
	["resources/list", "resources"],
	["resources/read", "resources"],
	["completion/complete", "completions"],
]);

/** Whether a server with these capabilities says that it has a method of the specification. */
export function isDeclared(method: string, capabilities: Members): boolean {
	const capability = capabilityOf.get(method);
	return capability !== undefined && capability in capabilities;
}
