import { lineSplitter } from "./lines.ts";

/** Reads an event stream (HTML, section 9.2): the name and the data of each event, comments and ids left out. */
export function eventReader(
	onEvent: (name: string, data: string) => void,
): (chunk: string) => void {
	let name = "message";
	let data: string[] = [];
	return lineSplitter((raw) => {
		const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
		if (line.startsWith("data:")) data.push(value(line, 5));
		else if (line.startsWith("event:")) name = value(line, 6);
		else if (line === "") {
			if (data.length > 0) onEvent(name, data.join("\n"));
			name = "message";
			data = [];
		}
	});
}

function value(line: string, start: number): string {
	return line.slice(line[start] === " " ? start + 1 : start);
}
