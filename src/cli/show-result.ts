import { printJson } from "../protocol/json.ts";
import { isMembers, type Members } from "../protocol/messages.ts";

/** What a tool has answered, for people: its texts as they are, and a line for what is none. Pure. */
export function resultText(result: Members): string {
	const blocks = Array.isArray(result.content)
		? result.content.filter(isMembers)
		: [];
	const shown = blocks.map(blockText);
	const { structuredContent } = result;
	const isTold = blocks.some(({ type }) => type === "text");
	if (structuredContent !== undefined && !isTold)
		shown.push(printJson(structuredContent));
	// A result of a revision, or a server, that says it in another way.
	if (shown.length === 0 && !Array.isArray(result.content))
		shown.push(printJson(result));
	return shown.map((text) => `${text.replace(/\n$/, "")}\n`).join("");
}

/** A server's tools, for people: name and parameters, optional ones in brackets, and the first line of what it does. Pure. */
export function toolsText(tools: readonly Members[]): string {
	return tools
		.map((tool) => {
			const words = [String(tool.name), ...parameters(tool.inputSchema)];
			const { description = "" } = tool;
			const first = printable(String(description)).trim().split("\n")[0] ?? "";
			return `${printable(words.join(" "))}\n${first && `  ${shortened(first)}\n`}`;
		})
		.join("");
}

/** A text in which nothing is left that a terminal would obey. */
export function printable(text: string): string {
	return text.replace(
		// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
		/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g,
		(found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
	);
}

const longestLine = 120;

function shortened(line: string): string {
	return line.length > longestLine ? `${line.slice(0, longestLine)}…` : line;
}

function parameters(schema: unknown): string[] {
	if (!isMembers(schema) || !isMembers(schema.properties)) return [];
	const required: unknown[] = Array.isArray(schema.required)
		? schema.required
		: [];
	const entries = Object.entries(schema.properties).map(([name, property]) => {
		const type = isMembers(property) ? property.type : undefined;
		const text = typeof type === "string" ? `${name}=${type}` : name;
		return { text, isRequired: required.includes(name) };
	});
	return [
		...entries.filter(({ isRequired }) => isRequired).map(({ text }) => text),
		...entries
			.filter(({ isRequired }) => !isRequired)
			.map(({ text }) => `[${text}]`),
	];
}

function blockText(block: Members): string {
	switch (block.type) {
		case "text":
			return String(block.text);
		case "image":
		case "audio":
			return `[${block.type}: ${block.mimeType}, ${bytesOf(block.data)} bytes]`;
		case "resource_link":
			return `[resource: ${block.uri}]`;
		case "resource": {
			const { uri, text, blob, mimeType } = isMembers(block.resource)
				? block.resource
				: {};
			return typeof text === "string"
				? text
				: `[resource: ${uri}, ${mimeType}, ${bytesOf(blob)} bytes]`;
		}
		default:
			return printJson(block);
	}
}

/** Of base64. */
function bytesOf(data: unknown): number {
	return Buffer.byteLength(String(data ?? ""), "base64");
}
