import type { Json } from "../../../harness/clients.ts";
import { eventually } from "../../../harness/processes.ts";
import type { Feature } from "../feature.ts";
import { call, jsonOf, textOf } from "../replies.ts";

export const cancellation: Feature = {
	name: "Cancellation",
	leavesRequest: true,
	whole: { isStopped: true, hasReason: true, after: "still here" },
	async attempt({ client }) {
		const name = crypto.randomUUID();
		const params = { name: "wait", arguments: { name } };
		const running = await client.begin("tools/call", params);
		await running.progress();
		const reason = await running.cancel("no longer needed");
		const found = await eventually(async () => {
			const { cancellations } = jsonOf(await call(client, "waits"));
			return (cancellations as Json[]).find((one) => one.name === name);
		}, "the cancellation at the server");
		return {
			isStopped: true,
			// Where a client cannot give one the bridge does.
			hasReason:
				reason === undefined
					? typeof found.reason === "string"
					: found.reason === reason,
			after: textOf(await call(client, "echo", { message: "still here" })),
		};
	},
	outcomes: {
		"legacy on legacy": {
			kind: "as is",
			note: "The request is answered with error -32800, so that no response stays open; over HTTP+SSE it gets no answer. A client that goes away has not cancelled.",
		},
		"legacy on modern": {
			kind: "as is",
			note: "The request is answered with error -32800, so that no response stays open; over HTTP+SSE it gets no answer. A client that goes away has not cancelled.",
		},
		"modern on legacy": {
			kind: "translated",
			note: "A client cancels by closing the response. The server gets `notifications/cancelled`, with a reason of the bridge's own.",
		},
		"modern on modern": {
			kind: "translated",
			note: "A client cancels by closing the response. The server gets `notifications/cancelled`, with a reason of the bridge's own.",
		},
	},
};
