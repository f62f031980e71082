import { StringDecoder } from "node:string_decoder";

export type Header = (name: string) => string | undefined;

/** What is told of a response, in order: its head, pieces of its text, and its end or why there is none. */
export interface Receiver {
	head(status: number, header: Header): void;
	text(piece: string): void;
	end(): void;
	fail(error: Error): void;
}

type State =
	| { readonly at: "head" }
	| { readonly at: "body"; left: number }
	| { readonly at: "chunk size" }
	| { readonly at: "chunk"; left: number }
	| { readonly at: "chunk end" }
	| { readonly at: "trailer" }
	| { readonly at: "end" };

/** Reads one HTTP/1.1 response (RFC 9112) from the bytes of a connection, as little of HTTP as the targets send. */
export class ResponseReader {
	readonly receiver: Receiver;
	/** Whether the connection takes another request after this. */
	reusable = true;
	#state: State = { at: "head" };
	#rest: Buffer = Buffer.alloc(0);
	#decoder: StringDecoder | undefined;

	constructor(receiver: Receiver) {
		this.receiver = receiver;
	}

	/** Whether that was the end, which is left to the caller to tell. */
	read(bytes: Buffer): boolean {
		this.#rest =
			this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
		while (this.#step());
		return this.#state.at === "end";
	}

	/** The connection was closed: the end of a body without a length, a failure otherwise. */
	close(error: Error): void {
		if (
			this.#state.at === "body" &&
			this.#state.left === Number.POSITIVE_INFINITY
		)
			this.receiver.end();
		else this.receiver.fail(error);
	}

	/** Whether there may be more to do. */
	#step(): boolean {
		switch (this.#state.at) {
			case "head":
				return this.#head();
			case "body":
			case "chunk":
				return this.#body(this.#state);
			case "chunk size": {
				const line = this.#upTo("\r\n");
				if (line === undefined) return false;
				const left = Number.parseInt(line, 16);
				this.#state = left > 0 ? { at: "chunk", left } : { at: "trailer" };
				return true;
			}
			case "chunk end":
				if (this.#upTo("\r\n") === undefined) return false;
				this.#state = { at: "chunk size" };
				return true;
			case "trailer": {
				const line = this.#upTo("\r\n");
				if (line === "") this.#state = { at: "end" };
				return line !== undefined && line !== "";
			}
			case "end":
				return false;
		}
	}

	#head(): boolean {
		const head = this.#upTo("\r\n\r\n");
		if (head === undefined) return false;
		const lower = head.toLowerCase();
		const header = (name: string) => {
			const start = lower.indexOf(`\r\n${name}:`) + 2;
			if (start === 1) return;
			const end = head.indexOf("\r\n", start);
			return head
				.slice(start + name.length + 1, end === -1 ? undefined : end)
				.trim();
		};
		const status = Number(head.slice(9, 12));
		this.reusable = header("connection")?.toLowerCase() !== "close";
		this.receiver.head(status, header);
		const length = header("content-length");
		if (header("transfer-encoding") === "chunked")
			this.#state = { at: "chunk size" };
		else if (length === "0" || status === 204) this.#state = { at: "end" };
		else if (length) this.#state = { at: "body", left: Number(length) };
		else this.#state = { at: "body", left: Number.POSITIVE_INFINITY };
		return true;
	}

	#body(state: { readonly at: "body" | "chunk"; left: number }): boolean {
		if (this.#rest.length === 0) return false;
		const piece = this.#rest.subarray(0, state.left);
		this.#rest = this.#rest.subarray(piece.length);
		state.left -= piece.length;
		this.#decoder ??= new StringDecoder("utf8");
		const text = this.#decoder.write(piece);
		if (text !== "") this.receiver.text(text);
		if (state.left > 0) return false;
		this.#state = { at: state.at === "chunk" ? "chunk end" : "end" };
		return true;
	}

	/** What stands before the mark, which is taken too; nothing if the mark has not come yet. */
	#upTo(mark: string): string | undefined {
		const end = this.#rest.indexOf(mark);
		if (end === -1) return;
		const found = this.#rest.toString("latin1", 0, end);
		this.#rest = this.#rest.subarray(end + mark.length);
		return found;
	}
}
