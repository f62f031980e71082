import { idOfBrokenAnswer } from "./answer-id.ts";
import { ExactNumber, parseJson, printJson } from "./json.ts";
import {
	asMessage,
	isId,
	isMembers,
	isSameId,
	type Message,
} from "./messages.ts";
import { isNestedTooDeep } from "./nesting.ts";
import { OpenJson } from "./open-json.ts";
import { type Repair, repairJson } from "./repair-json.ts";

/** In so many objects that are none a line is searched for a message. */
const maxTries = 16;
/** So many answers behind other text are kept. */
const maxDoubtful = 100;

/** What stands in the lines of a child. */
export interface LineEvents {
	message(message: Message): void;
	/** A line that is no message; it is skipped. */
	noise(line: string): void;
	/**
	 * An answer that cannot be read, whose asker is to be told.
	 *
	 * @param id of the request; undefined where none can be made out
	 */
	unreadable(line: string, id: number | undefined): void;
	/** A message that is nested too deep to be passed on. */
	tooDeep(message: Message): void;
	/** The message that follows could be read, although the line breaks the rules. */
	repaired(repair: Repair, line: string): void;
}

/**
 * Reads the messages in a child's lines: one line, one message (2025-11-25,
 * basic/transports, 'stdio'). What breaks that rule is read where there is no
 * doubt what is meant: else somebody would wait for it for ever.
 */
export class LineReader {
	readonly #events: LineEvents;
	readonly #maxLength: number;
	/** A message whose end has not come. */
	#open: OpenJson | undefined;
	/** Answers behind other text. Where that was a log's, they come once more, and these count for nothing. */
	#doubtful: { message: Message; line: string }[] = [];

	/**
	 * @param maxLength of a message on several lines
	 */
	constructor(events: LineEvents, maxLength: number) {
		this.#events = events;
		this.#maxLength = maxLength;
	}

	/** Whether it is for what follows to show what the last lines mean. */
	get isWaiting(): boolean {
		return this.#open !== undefined || this.#doubtful.length > 0;
	}

	/** Takes the next line. */
	read(line: string): void {
		const value = parse(line);
		if (this.#open) {
			if (!holdsMessage(value)) {
				this.#continue(this.#open, line);
				return;
			}
			this.#giveUp();
		}
		if (value === undefined) this.#readBroken(line);
		else this.#deliver(value, line);
	}

	/** Nothing follows for the moment: what was waiting for it has to do. */
	settle(): void {
		this.#giveUp();
		this.#acceptDoubtful();
	}

	/** The child has ended: what it was saying is no answer, and who waits for one hears of its end. */
	end(): void {
		const text = this.#open?.text;
		this.#open = undefined;
		if (text !== undefined) this.#events.noise(text);
		this.#acceptDoubtful();
	}

	#acceptDoubtful(): void {
		for (const { message, line } of this.#doubtful.splice(0)) {
			this.#events.repaired("shared-line", line);
			this.#events.message(message);
		}
	}

	#deliver(value: unknown, line: string): void {
		// A server of revision 2025-03-26 may answer in a batch.
		const items: unknown[] = Array.isArray(value) ? value : [value];
		if (items.length === 0) this.#events.noise(line);
		for (const item of items) {
			const message = asMessage(corrected(item));
			const isTooDeep = isNestedTooDeep(item, line);
			if (!message) {
				this.#refuse(items.length > 1 && !isTooDeep ? printJson(item) : line);
			} else if (isTooDeep) this.#events.tooDeep(message);
			else {
				if (this.#doubtful.length > 0) this.#forgetDoubtful(message);
				this.#events.message(message);
			}
		}
	}

	/** Reads a line that is no JSON. */
	#readBroken(line: string): void {
		if (!line.includes("{")) {
			this.#events.noise(line);
			return;
		}
		const { text, repairs } = repairJson(line);
		const value = repairs.length > 0 ? parse(text) : undefined;
		if (value === undefined) {
			this.#readParts(text, line);
			return;
		}
		if (holdsMessage(value)) this.#noteRepairs(repairs, line);
		this.#deliver(value, text);
	}

	/** Looks for messages in a line that holds something else as well. */
	#readParts(text: string, line: string): void {
		let at = 0;
		let isBehindOther = false;
		let isMessage = false;
		for (let failed = 0; failed < maxTries; ) {
			const begin = text.indexOf("{", at);
			if (begin === -1) break;
			isBehindOther ||= text.slice(at, begin).trim() !== "";
			const open = new OpenJson();
			const length = open.push(text.slice(begin));
			if (length === undefined) {
				if (isBehindOther) break;
				this.#open = open;
				return;
			}
			at = begin + length;
			const value = parse(open.text);
			if (!holdsMessage(value)) {
				failed++;
				if (!isBehindOther && idOfBrokenAnswer(open.text)) {
					this.#refuse(open.text);
					isMessage = true;
				} else isBehindOther = true;
			} else if (isBehindOther) {
				isMessage = this.#doubt(value, line) || isMessage;
			} else {
				this.#noteRepairs(["shared-line"], line);
				this.#deliver(value, open.text);
				isMessage = true;
			}
		}
		if (!isMessage) this.#events.noise(line);
	}

	/** Keeps a message that may be part of a log line; false for one that is no answer, or one too many. */
	#doubt(value: unknown, line: string): boolean {
		const message = asMessage(value);
		if (!message || "method" in message || !isId(message.id)) return false;
		if (this.#doubtful.length >= maxDoubtful) return false;
		this.#doubtful.push({ message, line });
		return true;
	}

	#forgetDoubtful(message: Message): void {
		if ("method" in message) return;
		const { id } = message;
		this.#doubtful = this.#doubtful.filter(
			(doubtful) =>
				"method" in doubtful.message || !isSameId(doubtful.message.id, id),
		);
	}

	/** Takes the next line of a message on several. */
	#continue(open: OpenJson, line: string): void {
		const length = open.push(`\n${line}`);
		if (length === undefined) {
			if (open.length > this.#maxLength) this.#giveUp();
			return;
		}
		this.#open = undefined;
		const { text, repairs } = repairJson(open.text);
		const value = parse(text);
		if (holdsMessage(value)) {
			this.#noteRepairs(["several-lines", ...repairs], open.text);
			this.#deliver(value, text);
		} else this.#refuse(open.text);
		// The line feed that was put in front is not the line's.
		const rest = line.slice(length - 1);
		if (rest.trim() !== "") this.read(rest);
	}

	#giveUp(): void {
		const text = this.#open?.text;
		this.#open = undefined;
		if (text !== undefined) this.#refuse(text);
	}

	/** @param text one line or several */
	#refuse(text: string): void {
		const answer = idOfBrokenAnswer(text);
		if (answer) this.#events.unreadable(text, answer.id);
		else for (const line of text.split("\n")) this.#events.noise(line);
	}

	#noteRepairs(repairs: readonly Repair[], line: string): void {
		for (const repair of repairs) this.#events.repaired(repair, line);
	}
}

/** Undefined for what is no JSON. */
function parse(text: string): unknown {
	try {
		return parseJson(text);
	} catch {
		return undefined;
	}
}

function holdsMessage(value: unknown): boolean {
	const [first] = Array.isArray(value) ? value : [value];
	return isMembers(first) && asMessage(corrected({ ...first })) !== undefined;
}

/** What servers get wrong in the envelope, and clients do not: a version that is a number, a notification with an id of null. */
function corrected(value: unknown): unknown {
	if (!isMembers(value)) return value;
	const { jsonrpc, method, id } = value;
	const isTwo = jsonrpc === 2 || jsonrpc instanceof ExactNumber;
	if (isTwo && Number(String(jsonrpc)) === 2) value.jsonrpc = "2.0";
	const isNotification =
		typeof method === "string" && method.startsWith("notifications/");
	if (isNotification && id === null) delete value.id;
	return value;
}
