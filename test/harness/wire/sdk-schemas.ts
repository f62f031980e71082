import type { Schemas } from "./schemas.ts";

interface ZodSchema {
	safeParse(
		value: unknown,
	): { success: true } | { success: false; error: { issues: Issue[] } };
}
interface Issue {
	path: PropertyKey[];
	message: string;
	/** Of a union: what each of its members says. */
	errors?: Issue[][];
}

/** Where the SDK has several schemas for one definition of the specification, any of them will do. */
const alternatives: Record<string, string[]> = {
	CreateMessageResult: ["CreateMessageResult", "CreateMessageResultWithTools"],
};

/** Of 2026-07-28, what the package keeps to itself: modern-problem.ts has it. */
const missing = [
	"HeaderMismatchError",
	"InputRequiredResult",
	"MissingRequiredClientCapabilityError",
	"UnsupportedProtocolVersionError",
];

const packages = {
	legacy: "@modelcontextprotocol/sdk/types.js",
	modern: "@modelcontextprotocol/core",
};
const loaded = new Map<keyof typeof packages, Promise<Schemas>>();

/** The wire schemas of the SDK of an era. Those of the legacy one are a union of all legacy revisions. */
export function sdkSchemas(era: keyof typeof packages): Promise<Schemas> {
	let schemas = loaded.get(era);
	if (schemas === undefined) {
		schemas = load(packages[era]);
		loaded.set(era, schemas);
	}
	return schemas;
}

async function load(name: string): Promise<Schemas> {
	const exported = (await import(name)) as Record<string, unknown>;
	const schemasFor = (definition: string) =>
		(alternatives[definition] ?? [definition]).flatMap((each) => {
			const schema = exported[`${each}Schema`];
			return schema === undefined ? [] : [schema as ZodSchema];
		});
	return {
		source: name,
		has: (definition) => schemasFor(definition).length > 0,
		problem(definition, value) {
			if (missing.includes(definition)) return undefined;
			const schemas = schemasFor(definition);
			if (schemas.length === 0)
				throw new Error(
					`Cannot check ${definition}: ${name} has no such schema`,
				);
			let first: string | undefined;
			for (const schema of schemas) {
				const parsed = schema.safeParse(value);
				if (parsed.success) return undefined;
				first ??= describe(parsed.error.issues);
			}
			return first;
		},
	};
}

function describe(issues: Issue[]): string {
	return issues
		.slice(0, 3)
		.map(({ path, message, errors }) => {
			// Of a union the member that comes closest tells most.
			const closest = errors?.toSorted((a, b) => depth(b) - depth(a))[0];
			const at = path.length > 0 ? `${path.join(".")}: ` : "";
			return closest === undefined || closest.length === 0
				? at + message
				: `${at}${describe(closest)}`;
		})
		.join("; ");
}

const depth = (issues: Issue[]) =>
	Math.max(...issues.map(({ path }) => path.length)) - issues.length / 100;
