import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** The command line of a client program; the URL of the server follows. */
export interface ProgramCommand {
	readonly command: string;
	readonly args: readonly string[];
}

export interface CallAnswer {
	readonly text: string;
	/** The `progress` of each notification that was shown before the answer. */
	readonly progress: readonly number[];
}

/** The client is gone, or says nothing more: it cannot be asked anything else. */
export class ClientLost extends Error {}

interface Said {
	tools?: string[];
	text?: string;
	progress?: number;
	error?: string;
}

const stopTimeoutMs = 3_000;

/**
 * A client as a program that is asked by lines of stdin and answers by lines of JSON, as those of docs/clients do.
 * One question at a time.
 */
export class ClientProgram {
	readonly #process: ChildProcess;
	readonly #ended: Promise<void>;
	#stderr = "";
	#isOver = false;
	#hear: (said: Said | undefined) => void = () => {};

	constructor({ command, args }: ProgramCommand, url: string) {
		const child = spawn(command, [...args, url], {
			stdio: ["pipe", "pipe", "pipe"],
			// What it starts itself ends with it.
			detached: true,
		});
		child.stderr.setEncoding("utf8").on("data", (text: string) => {
			this.#stderr = (this.#stderr + text).slice(-10_000);
		});
		// The end of its stdin is told by its exit.
		child.stdin.on("error", () => {});
		createInterface(child.stdout).on("line", (line) => {
			const said = read(line);
			if (said !== undefined) this.#hear(said);
		});
		this.#process = child;
		this.#ended = new Promise((resolve) => {
			const end = () => {
				this.#isOver = true;
				this.#hear(undefined);
				resolve();
			};
			child.on("close", end).on("error", (error) => {
				this.#stderr += error.message;
				end();
			});
		});
	}

	/** The names of the tools. */
	async list(timeoutMs: number): Promise<string[]> {
		const { tools } = await this.#ask("", timeoutMs);
		return tools ?? [];
	}

	async call(
		tool: string,
		args: object,
		timeoutMs: number,
	): Promise<CallAnswer> {
		const progress: number[] = [];
		const { text = "" } = await this.#ask(
			`${tool} ${JSON.stringify(args)}`,
			timeoutMs,
			progress,
		);
		return { text, progress };
	}

	/** Ends its stdin, and itself where that does not do it. */
	async stop(): Promise<void> {
		this.#process.stdin?.end();
		const killer = setTimeout(() => {
			if (this.#process.pid !== undefined) killGroup(this.#process.pid);
		}, stopTimeoutMs);
		await this.#ended;
		clearTimeout(killer);
	}

	async #ask(
		line: string,
		timeoutMs: number,
		progress: number[] = [],
	): Promise<Said> {
		if (this.#isOver)
			throw new ClientLost(`it has ended: ${this.#lastWords()}`);
		let timer: NodeJS.Timeout | undefined;
		const answer = await new Promise<Said>((resolve, reject) => {
			this.#hear = (said) => {
				if (said === undefined)
					reject(new ClientLost(`it ended: ${this.#lastWords()}`));
				else if (said.progress === undefined) resolve(said);
				else progress.push(said.progress);
			};
			timer = setTimeout(() => {
				const seconds = timeoutMs / 1000;
				reject(new ClientLost(`no answer within ${seconds} s`));
			}, timeoutMs);
			this.#process.stdin?.write(`${line}\n`);
		}).finally(() => clearTimeout(timer));
		if (answer.error !== undefined) throw new Error(answer.error);
		return answer;
	}

	/** The last line that looks like the reason: those of a stack trace begin with a blank or a bar. */
	#lastWords(): string {
		const lines = this.#stderr
			.split("\n")
			.map((line) => line.replace(/^[\s|+-]+/, ""))
			.filter((line) => line !== "");
		return (
			lines.findLast((line) => /error|exception/i.test(line)) ??
			lines.at(-1) ??
			"without a word"
		);
	}
}

/** What a client writes to stdout beside its answers is its own business. */
function read(line: string): Said | undefined {
	try {
		const said = JSON.parse(line);
		return typeof said === "object" && said !== null ? said : undefined;
	} catch {
		return undefined;
	}
}

function killGroup(group: number): void {
	try {
		process.kill(-group, "SIGKILL");
	} catch {
		// It has ended just now.
	}
}
