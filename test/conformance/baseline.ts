import type { Fixture } from "./fixtures.ts";
import type { Revision } from "./requirements.ts";

/** The scenarios that are known to fail, each with the reason why nothing can be done about it. */
export const baseline: Record<
	Fixture,
	Record<Revision, Record<string, string>>
> = {
	legacy: {
		"2025-11-25": {},
		"2026-07-28": {
			"input-required-result-basic-elicitation":
				'It wants the question under the key "user_name". A legacy server asks by requests, which have no such keys: the bridge has to make them up.',
		},
	},
	dual: { "2025-11-25": {}, "2026-07-28": {} },
	modern: { "2025-11-25": {}, "2026-07-28": {} },
};
