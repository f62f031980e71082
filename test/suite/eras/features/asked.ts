import type { Outcome, Pair } from "../feature.ts";

/** What becomes of a question to the client that every era knows. */
export const asked: Record<Pair, Outcome> = {
	"legacy on legacy": { kind: "as is" },
	"legacy on modern": {
		kind: "translated",
		note: "An `input_required` result becomes a request to the client on the stream of the call. The call is sent again with the answer.",
	},
	"modern on legacy": {
		kind: "translated",
		note: "The server's request becomes an `input_required` result. Its call goes on when the client sends it again with the answer, within `inputTimeoutMs`.",
	},
	"modern on modern": { kind: "as is" },
};
