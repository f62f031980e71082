import { kindOf, type Message, memberOf } from "./message.ts";
import { definitionOf, type Role, resultDefinitionOf } from "./methods.ts";
import { modernProblem } from "./modern-problem.ts";
import {
	latestLegacyRevision,
	modernRevision,
	type Revision,
} from "./revisions.ts";
import { type Schemas, schemasOf } from "./schemas.ts";

/** What is needed to judge a message. */
export interface Circumstances {
	from: Role;
	/** The revisions that it may be of. */
	revisions: readonly Revision[];
	/** The request that it answers, where it is a response to one that is known. */
	asked?: Message | undefined;
}

export type Judge = (
	message: Message,
	circumstances: Circumstances,
) => string | undefined;

/** Names of the envelope over the revisions, newest first. */
const envelopes = {
	request: ["JSONRPCRequest"],
	notification: ["JSONRPCNotification"],
	result: ["JSONRPCResultResponse", "JSONRPCResponse"],
	error: ["JSONRPCErrorResponse", "JSONRPCError"],
};

/** By the code of a modern error: the definition that it has to satisfy. */
const errorDefinitions: Record<number, string> = {
	[-32020]: "HeaderMismatchError",
	[-32021]: "MissingRequiredClientCapabilityError",
	[-32022]: "UnsupportedProtocolVersionError",
};

/**
 * Loads the schemas of these revisions and gives a function that says what is wrong with a message, or
 * undefined where nothing is.
 *
 * A legacy message is right if it is so under its own revision or under the latest legacy one: what a server
 * says passes to older clients as it is, also what they do not know yet (docs/architecture.md).
 */
export async function loadJudge(revisions: Iterable<Revision>): Promise<Judge> {
	const loaded = new Map<Revision, Schemas[]>();
	for (const revision of new Set([...revisions, latestLegacyRevision] as const))
		loaded.set(revision, await schemasOf(revision));

	const problemUnder = (
		revision: Revision,
		message: Message,
		{ from, asked }: Circumstances,
	): string | undefined => {
		for (const schemas of loaded.get(revision) ?? []) {
			const problem =
				envelopeProblem(message, schemas) ??
				contentProblem(message, from, asked, revision, schemas);
			if (problem !== undefined) return `${problem} (${schemas.source})`;
		}
		return undefined;
	};

	return (message, circumstances) => {
		const own = new Set(circumstances.revisions);
		if (!own.has(modernRevision) || answersLegacyQuestion(circumstances))
			own.add(latestLegacyRevision);
		let first: string | undefined;
		for (const revision of own) {
			const problem = problemUnder(revision, message, circumstances);
			if (problem === undefined) return undefined;
			first ??= problem;
		}
		return first;
	};
}

/** What a server must no longer ask by a request (2026-07-28, basic/patterns/mrtr) has no modern answer either. */
function answersLegacyQuestion({ from, asked }: Circumstances): boolean {
	if (from !== "client" || asked === undefined) return false;
	const method = String(asked.method);
	const definition = definitionOf("request", method, "server", modernRevision);
	return definition !== undefined && "problem" in definition;
}

function envelopeProblem(
	message: Message,
	schemas: Schemas,
): string | undefined {
	const kind = kindOf(message);
	if (kind === undefined) return "it is nothing of JSON-RPC";
	const definition = envelopes[kind].find((name) => schemas.has(name));
	const problem = definition && schemas.problem(definition, message);
	return problem && `as JSON-RPC ${kind}: ${problem}`;
}

function contentProblem(
	message: Message,
	from: Role,
	asked: Message | undefined,
	revision: Revision,
	schemas: Schemas,
): string | undefined {
	const problem =
		revision === modernRevision
			? modernProblem(message, from, asked, schemas)
			: undefined;
	if (problem !== undefined) return problem;
	const kind = kindOf(message);
	switch (kind) {
		case "request":
		case "notification": {
			const definition = definitionOf(
				kind,
				String(message.method),
				from,
				revision,
			);
			if (definition === undefined) return undefined;
			if ("problem" in definition) return definition.problem;
			return named(definition.name, message, schemas);
		}
		case "result":
			return resultProblem(message, from, asked, revision, schemas);
		case "error": {
			const code = memberOf(message, "error", "code") as number;
			return revision === modernRevision && code in errorDefinitions
				? named(errorDefinitions[code] as string, message, schemas)
				: undefined;
		}
		default:
			return undefined;
	}
}

function resultProblem(
	{ result }: Message,
	from: Role,
	asked: Message | undefined,
	revision: Revision,
	schemas: Schemas,
): string | undefined {
	const method = asked?.method;
	if (typeof method !== "string") return undefined;
	if (
		revision === modernRevision &&
		memberOf(result, "resultType") === "input_required"
	)
		return named("InputRequiredResult", result, schemas);
	// A request that asks for a task is answered with one (2025-11-25, tasks).
	const isTask =
		revision !== modernRevision &&
		memberOf(asked, "params", "task") !== undefined &&
		memberOf(result, "task") !== undefined;
	const definition = isTask
		? "CreateTaskResult"
		: resultDefinitionOf(
				method,
				from === "server" ? "client" : "server",
				revision,
			);
	if (definition === undefined) return undefined;
	// The SDK lets servers omit it that no schema of the specification lets.
	if (
		definition === "CallToolResult" &&
		memberOf(result, "content") === undefined
	)
		return "as CallToolResult: content is missing";
	return named(definition, result, schemas);
}

function named(
	definition: string,
	value: unknown,
	schemas: Schemas,
): string | undefined {
	const problem = schemas.problem(definition, value);
	return problem && `as ${definition}: ${problem}`;
}
