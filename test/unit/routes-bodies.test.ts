import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { type FakeBridge, fakeBridge } from "../harness/fake-server.ts";
import { modernRequestOf } from "../harness/modern-message.ts";
import { acceptBoth, initializeRequest } from "../harness/raw-http.ts";

/** What is taken for a body, and what a refusal says of one that is not. */

const path = "/servers/alpha/mcp";
const modernHeaders = {
	"mcp-protocol-version": "2026-07-28",
	"mcp-method": "echo",
};

/** Posts these bytes, or these chunks of them one by one. */
async function postBytes(
	bridge: FakeBridge,
	body: Buffer | Buffer[],
	headers: Record<string, string> = {},
	to = path,
): Promise<Response> {
	const declared = Array.isArray(body)
		? {}
		: { "content-length": String(body.length) };
	return bridge.app.request(to, {
		method: "POST",
		headers: { accept: acceptBoth, ...declared, ...headers },
		body: Array.isArray(body)
			? Readable.toWeb(Readable.from(body))
			: new Uint8Array(body),
		duplex: "half",
	} as RequestInit);
}

/** A request with these bytes in a string of it. */
const echoOf = (bytes: Buffer, modern = false): Buffer => {
	const params = { text: "before#after" };
	const message = modern
		? modernRequestOf("echo", params)
		: { jsonrpc: "2.0", id: 1, method: "echo", params };
	const [start = "", end = ""] = JSON.stringify(message).split("#");
	return Buffer.concat([Buffer.from(start), bytes, Buffer.from(end)]);
};
const eachByte = (bytes: Buffer): Buffer[] =>
	[...bytes].map((byte) => Buffer.from([byte]));

describe("a body that is not UTF-8", () => {
	const faults: [what: string, bytes: Buffer, first: string][] = [
		["ISO-8859-1", Buffer.from("caf\u00e9", "latin1"), "0xE9"],
		["a continuation byte by itself", Buffer.from([0x80]), "0x80"],
		["an overlong sequence", Buffer.from([0xc0, 0xaf]), "0xC0"],
		["a surrogate as CESU-8", Buffer.from([0xed, 0xa0, 0xbd]), "0xED"],
		["above U+10FFFF", Buffer.from([0xf4, 0x90, 0x80, 0x80]), "0xF4"],
		["a character that is cut", Buffer.from([0xf0, 0x9f, 0x98]), "0xF0"],
		["behind U+FFFD itself", Buffer.from([0xef, 0xbf, 0xbd, 0xff]), "0xFF"],
	];

	test.each(
		faults,
	)("is 400 and reaches nobody, whole and in chunks, in both eras: %s", async (_what, bytes, first) => {
		const bridge = fakeBridge();
		for (const modern of [false, true]) {
			const headers = modern ? modernHeaders : {};
			const body = echoOf(bytes, modern);
			for (const sent of [body, eachByte(body)]) {
				const response = await postBytes(bridge, sent, headers);
				expect(response.status).toBe(400);
				const { id, error } = await response.json();
				expect(id).toBeUndefined();
				expect(error.code).toBe(ErrorCode.parseError);
				expect(error.message).toContain("not UTF-8");
				const [, offset, byte] =
					/byte (\d+) \((\w+)\)/.exec(error.message) ?? [];
				expect(byte).toBe(first);
				expect(body[Number(offset)]).toBe(Number(first));
			}
		}
		expect(bridge.peers).toEqual([]);
	});

	test("is found behind any number of U+FFFD that are meant", async () => {
		const meant = Buffer.from("\ufffd".repeat(300_000));
		const bytes = Buffer.concat([meant, Buffer.from([0xff])]);
		const response = await postBytes(fakeBridge(), echoOf(bytes));
		const { error } = await response.json();
		expect(error.message).toContain("(0xFF)");
	});

	test("is 400 on HTTP+SSE too, and on its stream comes nothing", async () => {
		const bridge = fakeBridge();
		const { endpoint, stream } = await bridge.openSse();
		const body = echoOf(Buffer.from([0xff]));
		const response = await postBytes(bridge, body, {}, endpoint);
		expect(response.status).toBe(400);
		const ping = { jsonrpc: "2.0", id: 2, method: "echo" };
		await bridge.post(endpoint, ping);
		expect(await stream.nextMessage()).toMatchObject({ id: 2, result: {} });
	});

	test("what is UTF-8 passes as it is, whole and in chunks: U+FFFD itself, every plane, a byte order mark in front", async () => {
		const bridge = fakeBridge();
		const text = "\ufffd é 漢 🙂 \u0000\u{10ffff}";
		const request = { jsonrpc: "2.0", id: 1, method: "echo", params: { text } };
		const bytes = Buffer.from(JSON.stringify(request));
		const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]);
		for (const body of [bytes, marked, eachByte(bytes), eachByte(marked)]) {
			const response = await postBytes(bridge, body);
			expect((await response.json()).result).toEqual({ text });
		}
	});
});

describe("Content-Encoding", () => {
	test.each([
		"gzip",
		"br",
		"identity, gzip",
		"x-unknown",
	])("%s is 415 and says so, on both endpoints, with a length and without", async (encoding) => {
		const bridge = fakeBridge();
		const { endpoint } = await bridge.openSse();
		const body = Buffer.from("\u001f\u008b", "latin1");
		for (const to of [path, endpoint]) {
			for (const sent of [body, [body]]) {
				const headers = { "content-encoding": encoding };
				const response = await postBytes(bridge, sent, headers, to);
				expect(response.status).toBe(415);
				expect(response.headers.get("accept-encoding")).toBe("identity");
				const { error } = await response.json();
				expect(error.message).toContain(`"${encoding}"`);
			}
		}
		expect(bridge.peers).toHaveLength(0);
	});

	test.each(["identity", "Identity", ""])("%j is none", async (encoding) => {
		const body = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"echo"}');
		const headers = { "content-encoding": encoding };
		const response = await postBytes(fakeBridge(), body, headers);
		expect(response.status).toBe(200);
	});
});

test("an empty Mcp-Session-Id is none", async () => {
	const bridge = fakeBridge();
	const none = { "mcp-session-id": "" };
	const opened = await bridge.post(path, initializeRequest(), none);
	expect(opened.headers.get("mcp-session-id")).toBeTruthy();
	const echo = { jsonrpc: "2.0", id: 1, method: "echo" };
	expect((await bridge.post(path, echo, none)).status).toBe(200);
	const batch = [echo, { ...echo, id: 2 }];
	const headers = { ...none, "mcp-protocol-version": "" };
	expect((await bridge.post(path, batch, headers)).status).toBe(200);
	// As without the header.
	expect((await bridge.get(path, none)).status).toBe(405);
	expect((await bridge.delete(path, none)).status).toBe(400);
	const messages = "/servers/alpha/messages?session_id=";
	expect((await bridge.post(messages, echo)).status).toBe(400);
});

test.each([
	['{"jsonrpc":"2.0","id":null,"method":"a"}', '"id" is null'],
	['{"jsonrpc":"2.0","id":{},"method":"a"}', '"id" is an object'],
	['{"jsonrpc":"2.0","id":[1],"method":"a"}', '"id" is an array'],
	['{"jsonrpc":"2.0","id":true,"method":"a"}', '"id" is true'],
	['{"jsonrpc":"2.0","result":{}}', '"id" is missing'],
	['{"jsonrpc":"2.0","id":null,"result":{}}', '"id" is null'],
	['{"jsonrpc":"2.0","id":{},"error":{}}', '"id" is an object'],
	['{"jsonrpc":"2.0","id":1,"error":7}', '"error" is 7'],
	['{"jsonrpc":"1.0","id":1,"method":"a"}', '"jsonrpc" is "1.0"'],
	['{"jsonrpc":2,"id":1,"method":"a"}', '"jsonrpc" is 2'],
	['{"jsonrpc":"2.0","id":1,"method":1}', '"method" is 1'],
	[
		'{"jsonrpc":"2.0","id":1,"method":"a","params":[1]}',
		'"params" is an array',
	],
	['{"jsonrpc":"2.0","id":1,"result":7}', '"result" is 7'],
	['{"jsonrpc":"2.0","id":1}', "neither a method nor a result nor an error"],
	["7", "it is 7"],
	['"a"', 'it is "a"'],
	["null", "it is null"],
])("%s is no message, and the refusal says why: %s", async (body, why) => {
	const response = await fakeBridge().post(path, body);
	expect(response.status).toBe(400);
	const { error } = await response.json();
	expect(error).toMatchObject({ code: ErrorCode.invalidRequest });
	expect(error.message).toContain(why);
});
