import { beforeAll, expect, test } from "vitest";
import { connect, type Json } from "../harness/clients.ts";
import { limitReached } from "../harness/metrics.ts";
import { ModernClient } from "../harness/modern-client.ts";
import {
	call,
	elicit,
	everyCapability,
	responsesTo,
} from "../harness/questions.ts";
import { cancelledCall, recordedOf, recording } from "../harness/recorded.ts";
import { scratch } from "../harness/scratch.ts";
import { type Bridge, startBridge } from "../harness/start-bridge.ts";
import { serverStatus } from "../harness/status.ts";

/** What becomes of a request that its server does not answer in time (requestTimeoutMs). */

const file = scratch();
const timeoutMs = 1000;
const limited = (era: "legacy" | "modern", name: string, more: Json = {}) =>
	recording(`${era}-raw`, file(name), {
		protocol: era,
		requestTimeoutMs: timeoutMs,
		warm: 1,
		...more,
	});

let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({
		servers: {
			legacy: limited("legacy", "legacy", { concurrency: 1 }),
			modern: limited("modern", "modern", { concurrency: 1 }),
			asking: limited("legacy", "asking"),
		},
	});
});

const data = (server: string) => ({
	code: "REQUEST_TIMEOUT",
	server,
	limit: "requestTimeoutMs",
	timeoutMs,
	wasSent: true,
});

test.each([
	"legacy",
	"modern",
] as const)("on a %s server a request that takes too long is cancelled with the reason, its client of either era gets an error, and the next one has its turn", async (server) => {
	const before = await limitReached(bridge, "requestTimeoutMs", server);
	const legacy = await connect(bridge, server);
	await expect(
		legacy.call("hold", { name: "by legacy" }),
	).rejects.toMatchObject({
		code: -32001,
		message: expect.stringContaining("requestTimeoutMs"),
		data: data(server),
	});
	expect(await legacy.text("pid")).toMatch(/^\d+$/);

	const modern = new ModernClient(bridge, server);
	const { status, response } = await modern.request(
		"tools/call",
		call("hold", { name: "by modern" }),
	);
	expect(status).toBe(200);
	expect(response.error).toMatchObject({ code: -32603, data: data(server) });
	expect(await modern.text("pid")).toMatch(/^\d+$/);

	for (const name of ["by legacy", "by modern"]) {
		const { message } = await cancelledCall(file(server), name);
		expect(message.params?.reason).toContain(`${timeoutMs} ms`);
	}
	expect(await limitReached(bridge, "requestTimeoutMs", server)).toBe(
		before + 2,
	);
	expect(await serverStatus(bridge, server)).toMatchObject({
		limitsReached: { requestTimeoutMs: before + 2 },
		shared: { inFlight: 0, waiting: 0 },
	});
});

test("a call that waits for its client's input, in either era, outlives the time, and a client that is asked nothing has no more of it", async () => {
	const rounds = [[elicit("Who?")]];
	const modern = new ModernClient(bridge, "asking", {
		capabilities: everyCapability,
	});
	let answerLegacy = () => {};
	const mayAnswer = new Promise<void>((resolve) => {
		answerLegacy = resolve;
	});
	const legacy = await connect(bridge, "asking", {
		capabilities: { elicitation: { form: {} } },
		answers: {
			async "elicitation/create"() {
				await mayAnswer;
				return { action: "decline" };
			},
		},
	});
	const params = call("ask", { rounds });
	const asked = await modern.result("tools/call", params);
	expect(asked.resultType).toBe("input_required");
	const ofLegacy = legacy.text("ask", { rounds });

	// Begun later, and over before: so both have taken too long by then.
	const plain = await connect(bridge, "asking");
	await expect(plain.call("hold", { name: "last" })).rejects.toMatchObject({
		data: data("asking"),
	});
	answerLegacy();
	expect(await ofLegacy).toContain("decline");
	const result = await modern.result("tools/call", {
		...params,
		requestState: asked.requestState,
		inputResponses: responsesTo(asked),
	});
	expect(JSON.stringify(result.content)).toContain("answer to");
	expect(recordedOf(file("asking"), "notifications/cancelled")).toHaveLength(1);
});
