import { connectStdio } from "../clients/stdio.ts";
import { spawnProgram } from "../program.ts";
import type { Target } from "../target.ts";
import { child } from "./child.ts";

/** No bridge at all: JSON-RPC lines to the child's stdin, the floor under everything else. */
export const direct: Target = {
	name: "direct",
	version: "stdio",
	kind: "direct",
	async start() {
		const mark = child.mark();
		const program = spawnProgram({
			command: child.command,
			args: [child.file, mark],
			mark,
			pipes: true,
		});
		return {
			pid: program.pid,
			connect: async () => connectStdio(program.process),
			ended: program.ended,
			stop: program.stop,
		};
	},
};
