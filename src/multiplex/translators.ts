import type { Era } from "../protocol/revisions.ts";
import type { Translator } from "./dialect.ts";
import type { LegacyTranslator } from "./legacy-dialect.ts";
import type { ModernDialect } from "./modern-dialect.ts";

/** One translator for each pair: by the child's era, then by the client's. */
export interface Translators {
	legacy: Record<Era, LegacyTranslator>;
	modern: Record<Era, Translator<ModernDialect>>;
}
