import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Members } from "../../src/protocol/messages.ts";
import {
	accepted,
	answersTo,
	gather,
	open,
	question,
	resultIn,
	stateIn,
} from "../harness/open-suspended.ts";
import type { ScriptedPeer } from "../harness/scripted-peer.ts";

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

describe("an error that sends the user to URLs (2025-11-25)", () => {
	const urlRequired = {
		code: -32042,
		data: {
			elicitations: [
				{ mode: "url", url: "https://a", message: "m", elicitationId: "e" },
			],
		},
	};
	const answerUrls = (child: ScriptedPeer) =>
		child
			.latest("tools/call")
			.error(urlRequired.code, "first", urlRequired.data);

	test("becomes an input request, and the call is sent again once the user has been there", () => {
		const { child, call, retry } = open();
		const first = call();
		answerUrls(child);
		gather();
		expect(
			Object.values(resultIn(first.received).inputRequests as Members),
		).toEqual([
			{
				method: "elicitation/create",
				params: { mode: "url", url: "https://a", message: "m" },
			},
		]);
		const second = retry(
			stateIn(first.received),
			answersTo(first.received, { action: "accept" }),
		);
		expect(child.all("tools/call")).toHaveLength(2);
		child.latest("tools/call").result({});
		expect(second.received).toMatchObject([{ id: 2, result: {} }]);
	});

	test("names the capability where the client opens no URLs", () => {
		const { child, call } = open({ capabilities: { elicitation: {} } });
		const { received } = call();
		answerUrls(child);
		expect(received).toMatchObject([
			{
				id: 1,
				error: {
					code: -32021,
					data: { requiredCapabilities: { elicitation: { url: {} } } },
				},
			},
		]);
	});

	test("is asked once also where it came while the client answered something else", () => {
		const { child, call, retry } = open();
		const first = call();
		child.say(question(50));
		gather();
		answerUrls(child);
		const second = retry(
			stateIn(first.received),
			answersTo(first.received, accepted),
		);
		gather();
		const third = retry(
			stateIn(second.received),
			answersTo(second.received, { action: "accept" }),
			{ id: 3 },
		);
		gather();
		expect(child.all("tools/call")).toHaveLength(2);
		child.latest("tools/call").result({});
		expect(third.received).toMatchObject([
			{ id: 3, result: { resultType: "complete" } },
		]);
	});
});
