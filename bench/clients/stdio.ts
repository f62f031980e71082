import type { ChildProcess } from "node:child_process";
import { lineSplitter } from "./lines.ts";
import { Questions } from "./questions.ts";
import { encode, type Session } from "./session.ts";

export function connectStdio({ stdin, stdout }: ChildProcess): Session {
	if (!stdin || !stdout) throw new Error("stdin and stdout are not pipes");
	const questions = new Questions();
	const onData = lineSplitter((line) => questions.answer(line));
	const onEnd = () => questions.end(new Error("the child ended"));
	stdin.on("error", onEnd);
	stdout.setEncoding("utf8");
	stdout.on("data", onData);
	stdout.on("end", onEnd);
	return {
		ask: (method, params) =>
			questions.ask(async (id) => {
				stdin.write(`${encode({ id, method, params })}\n`);
			}),
		async tell(method) {
			stdin.write(`${encode({ method })}\n`);
		},
		// The child outlives it: there is only one, and it is ended with its target.
		async close() {
			stdout.off("data", onData);
			stdout.off("end", onEnd);
		},
		strays: () => questions.strays,
	};
}
