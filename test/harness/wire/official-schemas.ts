import { readFileSync } from "node:fs";
import path from "node:path";
import type { ErrorObject, ValidateFunction } from "ajv";
import type { Revision } from "./revisions.ts";
import type { Schemas } from "./schemas.ts";

/** The specification's own schema of a revision, from the file `<revision>.json` in the folder. */
export async function officialSchemas(
	folder: string,
	revision: Revision,
): Promise<Schemas> {
	const file = path.join(folder, `${revision}.json`);
	const schema = JSON.parse(readFileSync(file, "utf8"));
	const options = {
		strict: false,
		// `format` is an annotation: many a server's URIs are none, and no SDK minds.
		validateFormats: false,
	};
	const ajv = String(schema.$schema).includes("draft-07")
		? new (await import("ajv")).Ajv(options)
		: new (await import("ajv/dist/2020.js")).Ajv2020(options);
	ajv.addSchema(schema, revision);

	const under = "$defs" in schema ? "$defs" : "definitions";
	const compiled = new Map<string, ValidateFunction>();
	const has = (definition: string) => Object.hasOwn(schema[under], definition);
	return {
		source: `the schema of ${revision}`,
		has,
		problem(definition, value) {
			if (!has(definition)) return "the revision has no such thing";
			let validate = compiled.get(definition);
			if (validate === undefined) {
				validate = ajv.compile({ $ref: `${revision}#/${under}/${definition}` });
				compiled.set(definition, validate);
			}
			return validate(value) ? undefined : describe(validate.errors ?? []);
		},
	};
}

function describe(errors: ErrorObject[]): string {
	// Of a union the member that comes closest tells most.
	return errors
		.filter(({ keyword }) => !["anyOf", "oneOf"].includes(keyword))
		.toSorted((a, b) => depth(b) - depth(a))
		.slice(0, 3)
		.map(
			({ instancePath, message, params }) =>
				`${instancePath} ${message}${"allowedValue" in params ? ` ${JSON.stringify(params.allowedValue)}` : ""}`,
		)
		.join("; ");
}

const depth = ({ instancePath }: ErrorObject) => instancePath.split("/").length;
