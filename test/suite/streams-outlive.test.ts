import { beforeAll, describe, expect, test } from "vitest";
import { atOneAddress } from "../harness/at-one-address.ts";
import type { Json } from "../harness/clients.ts";
import { eventually } from "../harness/processes.ts";
import {
	answerTo,
	call,
	everyCapability,
	sample,
} from "../harness/questions.ts";
import {
	type Message,
	openSse,
	post,
	RawClient,
	SseReader,
} from "../harness/raw-http.ts";
import { lastEventId, reopen } from "../harness/reopen.ts";
import { type Bridge, fixture } from "../harness/start-bridge.ts";
import { callOnce, getJson, serverStatus, textOf } from "../harness/status.ts";

/** What a client gets that comes back with `Last-Event-ID`, to the same bridge or to the one that came after it. */

const input = {
	servers: { everything: fixture("everything") },
	sessionKey: "what seals the sessions of these tests",
};
const request = (
	id: string | number,
	method: string,
	params: Json = {},
): Message => ({ jsonrpc: "2.0", id, method, params });
const toolCall = (id: string | number, name: string, args: Json = {}) =>
	request(id, "tools/call", call(name, args));
const changed = (list: string): Message => ({
	jsonrpc: "2.0",
	method: `notifications/${list}/list_changed`,
});

/** Lets the client's server say that a list has changed. */
async function say(client: RawClient, list: string): Promise<void> {
	const { method } = changed(list);
	const id = `say ${list}`;
	const answer = await client.request(
		request(id, "fixture/notify", { method }),
	);
	expect(answer.result).toEqual({});
}

/** A POST that is answered by a stream, which has begun. */
async function asking(
	client: RawClient,
	message: Message,
): Promise<{ stream: SseReader; first: string }> {
	const response = await post(client.endpoint, message, {
		...client.headers,
		accept: "text/event-stream",
	});
	const stream = new SseReader(response, new AbortController());
	const first = await stream.event(({ id }) => id !== undefined);
	return { stream, first: first.id ?? "" };
}

const resumed = (client: RawClient, lastEventId: string) =>
	openSse(client.endpoint, { ...client.headers, "last-event-id": lastEventId });

describe("to the bridge that came after it, over Streamable HTTP", () => {
	const ids = [7, "7", "é — 漢"];
	let caller: RawClient;
	let listener: RawClient;
	/** The first events of the calls that the old bridge did not answer. */
	let unanswered: string[];
	let lastHeard: string;

	beforeAll(async () => {
		const start = await atOneAddress(input);
		const gone = await start();
		caller = await RawClient.connect(gone, "everything", "streamable");
		const calls = await Promise.all(
			ids.map((id) => asking(caller, toolCall(id, "wait", { name: "ever" }))),
		);
		unanswered = calls.map(({ first }) => first);
		listener = await RawClient.connect(gone, "everything", "streamable", {
			capabilities: everyCapability,
			listen: true,
		});
		await say(listener, "tools");
		await listener.stream?.message(({ method }) => method !== undefined);
		lastHeard = lastEventId(listener.stream);
		await gone.stop("SIGKILL");
		await Promise.all(calls.map(({ stream }) => stream.ended));
		await start();
	});

	test.each(
		ids,
	)("the call with the id %j, which was in flight, is answered with an error that says it is lost", async (id) => {
		const stream = await resumed(caller, unanswered[ids.indexOf(id)] ?? "");
		await stream.ended;
		expect(stream.messages).toEqual([
			{
				jsonrpc: "2.0",
				id,
				error: {
					code: -32000,
					message: expect.stringMatching(/answer is lost/),
					data: { code: "ANSWER_LOST" },
				},
			},
		]);
	});

	test("the session's own stream carries all that comes from then on, and nothing twice", async () => {
		// While nobody listens.
		await say(listener, "prompts");
		const stream = await resumed(listener, lastHeard);
		await say(listener, "resources");
		await stream.message(
			({ method }) => method === changed("resources").method,
		);
		expect(stream.messages).toEqual([changed("prompts"), changed("resources")]);
		// The ids of its events are worth something.
		stream.close();
		await say(listener, "tools");
		const again = await resumed(listener, lastEventId(stream));
		await again.message(({ method }) => method === changed("tools").method);
		expect(again.messages).toEqual([changed("tools")]);
		again.close();
	});
});

describe("over HTTP+SSE", () => {
	let bridge: Bridge;
	/** A client with capabilities, of before. */
	let capable: RawClient;
	beforeAll(async () => {
		const start = await atOneAddress(input);
		const gone = await start();
		capable = await RawClient.connect(gone, "everything", "sse", {
			capabilities: everyCapability,
		});
		await gone.stop("SIGKILL");
		bridge = await start();
	});

	test("to the bridge that came after it, it is asked what it can be asked", async () => {
		const { stream, endpoint } = await reopen(capable);
		expect(endpoint.href).toBe(capable.endpoint.href);
		const { method, params } = sample("still there?");
		await capable.send(toolCall("ask", "ask", { method, params }));
		const question = await stream.message(
			(message) => message.method === method,
		);
		expect(question.params).toEqual(params);
		const result = answerTo({ method, params: question.params ?? {} });
		await capable.send({ jsonrpc: "2.0", id: question.id ?? "", result });
		const answer = await stream.message((message) => message.id === "ask");
		expect(JSON.parse(textOf(answer))).toEqual(result);
		await capable.send(toolCall("client", "client"));
		const client = textOf(await stream.message(({ id }) => id === "client"));
		expect(JSON.parse(client)).toMatchObject({
			capabilities: everyCapability,
			clientInfo: { name: "raw", version: "0.0.1" },
		});
		stream.close();
	});

	test("an answer that came while its stream was broken comes once on the next", async () => {
		const client = await RawClient.connect(bridge, "everything", "sse");
		const streams = async () =>
			(await getJson(bridge, "/status")).openStreams as number;
		const before = await streams();
		await client.send(toolCall(1, "wait", { name: "kept" }));
		client.stream?.close();
		await eventually(
			async () => (await streams()) < before,
			"the bridge does not see that the stream has gone",
		);
		await callOnce(bridge, "everything", "release", { name: "kept" });
		await eventually(async () => {
			const { shared } = await serverStatus(bridge, "everything");
			return shared?.inFlight === 0;
		}, "the call is not answered");

		const first = await reopen(client);
		expect(first.endpoint.href).toBe(client.endpoint.href);
		const answer = await first.stream.message(({ id }) => id === 1);
		expect(textOf(answer)).toBe("released kept");

		// The same Last-Event-ID again: that stream takes the place of the first, and what was sent is sent.
		const second = await reopen(client);
		await first.stream.ended;
		expect(first.stream.messages).toEqual([answer]);
		await client.send(toolCall(2, "echo", { message: "here" }));
		const next = await second.stream.message(({ id }) => id === 2);
		expect(textOf(next)).toBe("here");
		expect(second.stream.messages).toEqual([next]);
		second.stream.close();
	});
});
