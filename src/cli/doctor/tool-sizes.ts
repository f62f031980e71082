import { printJson } from "../../protocol/json.ts";
import type { Members } from "../../protocol/messages.ts";
import type { ToolsFindings } from "./findings.ts";

/** Bytes of JSON for one token. Tokenizers differ; for JSON schemas of English they need 3.5 to 4.5. */
const bytesOfToken = 4;

const maxNamed = 5;

/** What a list of tools takes of a model's context. Pure. */
export function toolSizes(tools: readonly Members[]): ToolsFindings {
	const sizes = tools.map(({ name, description, inputSchema }) => ({
		name: String(name),
		bytes: bytesOf({ name, description, inputSchema }),
	}));
	const modelBytes = sizes.reduce((total, { bytes }) => total + bytes, 0);
	return {
		count: tools.length,
		bytes: bytesOf(tools),
		modelBytes,
		tokens: tokensOf(modelBytes),
		largest: sizes
			.toSorted((a, b) => b.bytes - a.bytes)
			.slice(0, maxNamed)
			.map(({ name, bytes }) => ({ name, tokens: tokensOf(bytes) })),
	};
}

/** Of a value as JSON. */
export function bytesOf(value: unknown): number {
	return Buffer.byteLength(printJson(value));
}

function tokensOf(bytes: number): number {
	return Math.ceil(bytes / bytesOfToken);
}
