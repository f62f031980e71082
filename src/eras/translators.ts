import { legacyOverLegacy } from "../multiplex/legacy-dialect.ts";
import type { Translators } from "../multiplex/translators.ts";
import { legacyOverModern } from "./legacy-over-modern.ts";
import { modernOverLegacy } from "./modern-over-legacy.ts";
import { modernOverModern } from "./modern-over-modern.ts";

/** How a client of one era is served by a child of one: by the child's, then by the client's. */
export const translators: Translators = {
	legacy: { legacy: legacyOverLegacy, modern: modernOverLegacy },
	modern: { legacy: legacyOverModern, modern: modernOverModern },
};
