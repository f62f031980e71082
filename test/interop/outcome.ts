import { root } from "../harness/runtimes.ts";
import { NotInstallable } from "./install.ts";

export const transports = ["/mcp", "/sse"] as const;
export type Transport = (typeof transports)[number];

/** What is tried of each client, in this order. */
export const stepNames = [
	"list",
	"call",
	"progress",
	"list and call after a restart",
] as const;
export type StepName = (typeof stepNames)[number];

export type Step =
	| { kind: "passed"; note?: string }
	/** The client has no such thing. */
	| { kind: "not there"; reason: string }
	| { kind: "failed"; reason: string };

/** What one client did over one transport. */
export interface Outcome {
	readonly client: string;
	readonly version: string;
	/** Its page in docs/clients. */
	readonly page: string;
	readonly transport: Transport;
	/** The day, `YYYY-MM-DD`. */
	readonly date: string;
	readonly steps: Partial<Record<StepName, Step>>;
	/** What has to be known of how it was tried. */
	readonly remark?: string;
	/** Why nothing was tried. */
	readonly notTried?: string;
}

export const hasFailed = ({ steps }: Outcome): boolean =>
	Object.values(steps).some(({ kind }) => kind === "failed");

/** A step that ended with an error. */
export const failed = (error: unknown): Step => ({
	kind: "failed",
	// The page is the same for every machine. repr() of Python writes a new line as \n.
	reason: (error instanceof Error ? error.message : String(error))
		.replaceAll(`${root}/`, "")
		.replace(/\\n|\s+/g, " ")
		.slice(0, 300),
});

export type Steps = readonly [name: StepName, run: () => Promise<Step>][];

/** Takes the steps one after the other. Without a list no other one is tried. */
export async function takeSteps(steps: Steps): Promise<Outcome["steps"]> {
	const taken: Partial<Record<StepName, Step>> = {};
	for (const [name, run] of steps) {
		try {
			taken[name] = await run();
		} catch (error) {
			taken[name] = failed(error);
			if (name === "list") break;
		}
	}
	return taken;
}

export const passed: Step = { kind: "passed" };

export const today = (): string => new Date().toISOString().slice(0, 10);

/** What there is to say of a client that could not be had, or that cannot be started. */
export function withoutProgram(
	of: Pick<Outcome, "client" | "version" | "page" | "date">,
	error: unknown,
): Outcome[] {
	const what =
		error instanceof NotInstallable
			? { steps: {}, notTried: error.message }
			: { steps: { list: failed(error) } };
	return transports.map((transport) => ({ ...of, transport, ...what }));
}
