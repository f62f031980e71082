import { beforeAll, describe, expect, test } from "vitest";
import { transports } from "../harness/clients.ts";
import { modernMetaOf } from "../harness/modern-message.ts";
import {
	events,
	initializeRequest,
	isSse,
	post,
	RawClient,
} from "../harness/raw-http.ts";
import { runProgram } from "../harness/run-program.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";

/** Numbers keep the text that their sender gave them, on every way through the bridge. */

const numbers = [
	"9007199254740993",
	"-12345678901234567890",
	"1.0",
	"1e400",
	"-0",
	"0.10000000000000000001",
].join(",");

let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({
		servers: {
			legacy: fixture("verbatim"),
			modern: fixture("modern-raw", [], { protocol: "modern" }),
		},
	});
});

/** The texts of all messages that come back for a body, as they stand on the wire. */
async function textsOf(url: string | URL, body: string, headers = {}) {
	const response = await post(url, body, headers);
	if (!isSse(response)) return [await response.text()];
	const texts: string[] = [];
	for await (const { data } of events(response)) if (data) texts.push(data);
	return texts;
}

const call = (id: string, name: string, args: string, meta = "{}") =>
	`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"${name}","arguments":${args},"_meta":${meta}}}`;

test.each(
	transports,
)("of arguments and of an id, to a legacy child and back, over %s", async (transport) => {
	const client = await RawClient.connect(bridge, "legacy", transport);
	const id = "9007199254740993";
	const body = call(id, "received", `{"n":[${numbers}]}`);
	if (transport === "streamable") {
		const [answer] = await textsOf(client.endpoint, body, client.headers);
		expect(answer).toContain(`\\"n\\":[${numbers}]`);
		expect(answer).toContain(`"id":${id}`);
	} else {
		await client.post(body);
		const { data } = await (client.stream ?? expect.fail()).event(
			({ data }) => data?.includes("received") ?? false,
		);
		expect(data).toContain(`\\"n\\":[${numbers}]`);
		expect(data).toContain(`"id":${id}`);
	}
	client.close();
});

test("of a result, a progress and its token, from a legacy child", async () => {
	const text = `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":$TOKEN,"progress":1.0,"total":1e400}}\\n{"jsonrpc":"2.0","id":$ID,"result":{"structuredContent":{"n":[${numbers}]}}}\\n`;
	const texts = await textsOf(
		`${bridge.url}/servers/legacy/mcp`,
		call(
			"1.0",
			"say",
			`{"text":"${text.replaceAll('"', '\\"')}"}`,
			'{"progressToken":12345678901234567890}',
		),
	);
	expect(texts[0]).toContain(
		'"progressToken":12345678901234567890,"progress":1.0,"total":1e400',
	);
	expect(texts[1]).toContain(`"n":[${numbers}]`);
	expect(texts[1]).toContain('"id":1.0');
});

describe("between the eras", () => {
	test("of a modern client's call of a legacy child", async () => {
		const meta = JSON.stringify(modernMetaOf());
		const [answer] = await textsOf(
			`${bridge.url}/servers/legacy/mcp`,
			call("9007199254740993", "received", `{"n":[${numbers}]}`, meta),
			{
				"mcp-protocol-version": "2026-07-28",
				"mcp-method": "tools/call",
				"mcp-name": "received",
			},
		);
		expect(answer).toContain(`\\"n\\":[${numbers}]`);
		expect(answer).toContain('"id":9007199254740993');
	});

	test("of a legacy client's call of a modern child", async () => {
		const message = `{"method":"notifications/progress","params":{"progressToken":"own","progress":1.5}}`;
		const [answer] = await textsOf(
			`${bridge.url}/servers/modern/mcp`,
			call("1e3", "say", `{"messages":[${message}],"n":[${numbers}]}`),
		);
		expect(answer).toContain('"id":1e3');
	});
});

test("a call is cancelled by an id above 2^53, and not its neighbour", async () => {
	const client = await RawClient.connect(bridge, "legacy", "sse");
	const text =
		'{"jsonrpc":"2.0","id":$ID,"result":{"left":true}}\\n'.replaceAll(
			'"',
			'\\"',
		);
	// The first is never answered, so only its cancellation ends it.
	await client.post(call("9007199254740992", "say", '{"text":""}'));
	await client.post(call("9007199254740993", "say", '{"text":""}'));
	await client.post(
		'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":9007199254740993}}',
	);
	await client.post(call("3", "say", `{"text":"${text}"}`));
	await client.answer(3);
	const { servers } = (await (await fetch(`${bridge.url}/status`)).json()) as {
		servers: Record<string, { shared: { inFlight: number } }>;
	};
	expect(servers.legacy?.shared.inFlight).toBe(1);
	client.close();
});

test("a number that is too large for the program in front of a remote server is refused, never null", async () => {
	const url = `${bridge.url}/servers/legacy/mcp`;
	const program = runProgram(["--transport", "streamablehttp", url]);
	const result = '{"jsonrpc":"2.0","id":$ID,"result":{"n":1e400}}';
	const say = `{"text":"${result.replaceAll('"', '\\"')}\\n"}`;
	const tooLarge = call("8", "received", '{"n":[{"m":-1e400}]}');
	program.write(
		`${JSON.stringify(initializeRequest())}\n${call("7", "say", say)}\n${tooLarge}\n`,
	);
	program.endInput();
	expect(await program.exited).toBe(0);
	const answers = new Map(
		program.stdout
			.trimEnd()
			.split("\n")
			.map((line) => JSON.parse(line))
			.map(({ id, error }) => [id, error?.code]),
	);
	expect(answers).toEqual(
		new Map([
			[0, undefined],
			[7, -32603],
			[8, -32600],
		]),
	);
});
