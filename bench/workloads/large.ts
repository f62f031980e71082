import { callTool, type Session } from "../clients/session.ts";
import type { Sizes } from "../sizes.ts";
import { median } from "../statistics.ts";
import {
	type Subject,
	timed,
	type Workload,
	withSession,
} from "../workload.ts";

const length = 2 ** 20;
/** Text as it is in real results: some of it has to be escaped. */
const line = '{ "path": "src/main.ts", "text": "const answer = 6 * 7" },\n';
const text = line.repeat(Math.ceil(length / line.length)).slice(0, length);

export const largeArguments: Workload = {
	name: "large arguments",
	metrics: [{ id: "arguments", title: "1 MiB of arguments, p50", unit: "ms" }],
	measure: async (subject, sizes) => ({
		arguments: await series(subject, sizes, (session) =>
			callTool(session, "size", { text }, String(length)),
		),
	}),
};

export const largeResults: Workload = {
	name: "large results",
	metrics: [{ id: "results", title: "1 MiB of results, p50", unit: "ms" }],
	measure: async (subject, sizes) => ({
		results: await series(subject, sizes, (session) =>
			callTool(session, "blob", { of: line, length }, text),
		),
	}),
};

/** Of numbers that JavaScript prints as they are written, and of such that it would change. */
export const largeNumbers: Workload = {
	name: "large numbers",
	metrics: [
		{ id: "numbers", title: "1 MiB of numbers, p50", unit: "ms" },
		{ id: "exact", title: "1 MiB of numbers to be kept, p50", unit: "ms" },
	],
	measure: async (subject, sizes) => {
		const call = (number: string) =>
			series(subject, sizes, (session) =>
				callTool(session, "numbers", { number, length }, number),
			);
		return { numbers: await call("12.5"), exact: await call("12.0") };
	},
};

function series(
	subject: Subject,
	sizes: Sizes,
	call: (session: Session) => Promise<void>,
): Promise<number> {
	return withSession(subject, async (session) => {
		await call(session);
		return median(await timed(sizes.largeCalls, sizes, () => call(session)));
	});
}
