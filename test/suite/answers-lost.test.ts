import { expect, test } from "vitest";
import { callMessage } from "../harness/call-message.ts";
import { metric } from "../harness/metrics.ts";
import { eventually } from "../harness/processes.ts";
import { openSse, post, RawClient, SseReader } from "../harness/raw-http.ts";
import { fixture, startBridge } from "../harness/start-bridge.ts";
import { callOnce } from "../harness/status.ts";

/** A client that comes back for an answer which the session's history does not have is told so. */

test.each([
	["there is no history", { historyEvents: 0 }],
	["it is larger than the whole history", { historyBytes: 50 }],
	["later events took its place", { historyEvents: 1 }],
])("an answer that is not kept since %s is lost, and its request gets that error", async (_why, options) => {
	const bridge = await startBridge({
		servers: { everything: fixture("everything") },
		...options,
	});
	const client = await RawClient.connect(bridge, "everything", "streamable");
	const abort = new AbortController();
	const headers = { ...client.headers, accept: "text/event-stream" };
	const wait = callMessage("é 7", "wait", { name: "away" });
	const { signal } = abort;
	const response = await post(client.endpoint, wait, headers, { signal });
	const call = new SseReader(response, abort);
	const begin = await call.event(({ id }) => id !== undefined);
	call.close();
	await eventually(
		async () => (await metric(bridge, "streams")) === 0,
		"the bridge does not see that the stream has gone",
	);
	await callOnce(bridge, "everything", "release", { name: "away" });
	await eventually(
		async () => (await metric(bridge, "requests_unanswered")) === 0,
		"the call is not answered",
	);
	const echo = callMessage("later", "echo", { message: "later" });
	await (await post(client.endpoint, echo, headers)).text();

	const resumed = await openSse(client.endpoint, {
		...client.headers,
		"last-event-id": begin.id ?? "",
	});
	await resumed.ended;
	expect(resumed.messages).toEqual([
		{
			jsonrpc: "2.0",
			id: "é 7",
			error: {
				code: -32000,
				message: expect.stringContaining("lost"),
				data: { code: "ANSWER_LOST" },
			},
		},
	]);
	expect(await client.text("next", "echo", { message: "on" })).toBe("on");
	await bridge.stop();
});
