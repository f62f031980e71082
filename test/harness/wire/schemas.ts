import { officialSchemas } from "./official-schemas.ts";
import { modernRevision, type Revision } from "./revisions.ts";
import { sdkSchemas } from "./sdk-schemas.ts";

/** Definitions of one revision by the names that the specification's schema gives them. */
export interface Schemas {
	/** Whose they are, for people. */
	readonly source: string;
	has(definition: string): boolean;
	/** What is wrong with the value; undefined where nothing is, as far as these schemas can tell. */
	problem(definition: string, value: unknown): string | undefined;
}

const loaded = new Map<Revision, Promise<Schemas[]>>();

/**
 * All that a message of a revision has to satisfy: the SDK's wire schemas, and the specification's own where
 * MCP_SCHEMA_DIR names a folder with `<revision>.json` in it.
 */
export function schemasOf(revision: Revision): Promise<Schemas[]> {
	let schemas = loaded.get(revision);
	if (schemas === undefined) {
		const folder = process.env.MCP_SCHEMA_DIR;
		schemas = Promise.all([
			sdkSchemas(revision === modernRevision ? "modern" : "legacy"),
			...(folder ? [officialSchemas(folder, revision)] : []),
		]);
		loaded.set(revision, schemas);
	}
	return schemas;
}
