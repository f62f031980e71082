import { beforeAll, describe, expect, test } from "vitest";
import { connect, type Json } from "../harness/clients.ts";
import { ModernClient, type ModernOptions } from "../harness/modern-client.ts";
import { type Message, postExactly } from "../harness/raw-http.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";

const eras = ["legacy", "modern"] as const;

let bridge: Bridge;
beforeAll(async () => {
	bridge = await startBridge({
		servers: {
			legacy: fixture("everything", [], { warm: 1 }),
			modern: fixture("everything-modern", [], { warm: 1 }),
			"legacy-shared": fixture("mirroring", ["legacy"], {
				isolation: "shared",
			}),
			"modern-shared": fixture("mirroring", ["modern"], {
				isolation: "shared",
			}),
			"legacy-session": fixture("mirroring", ["legacy"], {
				isolation: "session",
			}),
			"modern-session": fixture("mirroring", ["modern"], {
				isolation: "session",
			}),
		},
	});
});

/** The status, and the answer, to one request. */
async function answered(
	server: string,
	method: string,
	params: Json,
	options: ModernOptions = {},
): Promise<{ status: number; response: Message }> {
	return new ModernClient(bridge, server).request(method, params, options);
}
const mismatch = {
	status: 400,
	response: {
		jsonrpc: "2.0",
		id: "own",
		error: {
			code: -32020,
			message: expect.stringMatching(/^Header mismatch: /),
		},
	},
};
const base64 = (value: string) =>
	`=?base64?${Buffer.from(value).toString("base64")}?=`;

describe.each(eras)("the standard headers, before a %s server", (server) => {
	const requests: [method: string, params: Json, name: string][] = [
		["tools/call", { name: "echo", arguments: { message: "m" } }, "echo"],
		["prompts/get", { name: "greet" }, "greet"],
		["resources/read", { uri: "fixture://text/1" }, "fixture://text/1"],
	];

	test.each(
		requests,
	)("of %s are required, each of them, and have to say what the body says", async (method, params, name) => {
		const refused: Record<string, string | undefined>[] = [
			{ "mcp-protocol-version": undefined },
			{ "mcp-protocol-version": "2025-11-25" },
			{ "mcp-method": undefined },
			{ "mcp-method": "tools/list" },
			{ "mcp-method": method.toUpperCase() },
			{ "mcp-name": undefined },
			{ "mcp-name": `${name}x` },
			{ "mcp-name": name.toUpperCase() },
			{ "mcp-name": base64(`${name}x`) },
			{ "mcp-name": "=?base64?!?=" },
		];
		for (const headers of refused) {
			const outcome = await answered(server, method, params, {
				id: "own",
				headers,
			});
			expect([headers, outcome]).toMatchObject([headers, mismatch]);
		}
		for (const headers of [{}, { "mcp-name": base64(name) }]) {
			const outcome = await answered(server, method, params, { headers });
			expect([headers, outcome.status]).toEqual([headers, 200]);
			expect(outcome.response.result).toBeDefined();
		}
	});

	test("of a request without a name are two", async () => {
		const method = "tools/list";
		for (const headers of [
			{ "mcp-method": undefined },
			{ "mcp-protocol-version": undefined },
		]) {
			expect(
				await answered(server, method, {}, { id: "own", headers }),
			).toMatchObject(mismatch);
		}
		// One that nobody asked for is nobody's business.
		const headers = { "mcp-name": "anything" };
		expect((await answered(server, method, {}, { headers })).status).toBe(200);
	});

	test("carry a name that is not ASCII as base64, and not as it is", async () => {
		const uri = "fixture://text/größe-世界";
		const { response } = await answered(server, "resources/read", { uri });
		expect(response.result).toMatchObject({
			contents: [{ uri, text: "text größe-世界" }],
		});
		const latin = "fixture://text/größe";
		for (const name of [latin, Buffer.from(latin).toString("latin1")]) {
			const headers = { "mcp-name": name };
			expect(
				await answered(
					server,
					"resources/read",
					{ uri: latin },
					{ id: "own", headers },
				),
			).toMatchObject(mismatch);
		}
	});

	/** POST of a call with just these header lines. */
	const exactly = (lines: [string, string][]) => {
		const client = new ModernClient(bridge, server);
		const params = { name: "echo", arguments: { message: "m" } };
		return postExactly(client.url, client.message("tools/call", params), [
			["Content-Type", "application/json"],
			["Accept", "application/json, text/event-stream"],
			...lines,
		]);
	};

	test("may have names in any case, and white space round their values", async () => {
		const { status } = await exactly([
			["mcp-PROTOCOL-version", "2026-07-28"],
			["MCP-METHOD", "  tools/call\t"],
			["mCp-nAmE", "\techo "],
		]);
		expect(status).toBe(200);
	});

	test("may not be doubled: nobody could say which one a proxy went by", async () => {
		const version: [string, string] = ["MCP-Protocol-Version", "2026-07-28"];
		const method: [string, string] = ["Mcp-Method", "tools/call"];
		const name: [string, string] = ["Mcp-Name", "echo"];
		expect((await exactly([version, method, name])).status).toBe(200);
		for (const [doubled, other] of [
			[version, "2026-07-28"],
			[method, "tools/list"],
			[name, "add"],
		] as const) {
			const { status, body } = await exactly([
				version,
				method,
				name,
				[doubled[0], other],
			]);
			expect([doubled, status]).toEqual([doubled, 400]);
			expect(JSON.parse(body).error.code).toBe(-32020);
		}
	});
});

describe.each(eras)("the marked parameters of a %s server's tools", (era) => {
	const call = (args: Json, headers: Record<string, string> = {}) =>
		answered(
			`${era}-shared`,
			"tools/call",
			{ name: "route", arguments: args },
			{ id: "own", headers },
		);
	const served = async (args: Json, headers: Record<string, string> = {}) => {
		const { status, response } = await call(args, headers);
		expect(response).toMatchObject({
			result: { content: [{ text: JSON.stringify(args) }] },
		});
		expect(status).toBe(200);
	};

	test("have to be mirrored, wherever they lie and of whatever type they are", async () => {
		const args = {
			region: "us-west1",
			where: { zone: "a b" },
			count: -7,
			dry: false,
		};
		const headers = {
			"mcp-param-region": "us-west1",
			"mcp-param-zone": "a b",
			"mcp-param-count": "-7",
			"mcp-param-dry-run": "false",
		};
		await served(args, headers);
		for (const name of Object.keys(headers)) {
			const { [name]: _, ...others } = headers as Record<string, string>;
			for (const wrong of [others, { ...others, [name]: "x" }]) {
				const outcome = await call(args, wrong);
				expect([name, outcome]).toMatchObject([name, mismatch]);
			}
		}
	});

	test("need no header where they have no value", async () => {
		await served({});
		await served({ region: null, where: {}, count: null });
		const headers = { "mcp-param-region": "us-west1" };
		expect(await call({}, headers)).toMatchObject(mismatch);
	});

	test("may be mirrored in base64, and have to be where they are not ASCII", async () => {
		const region = "größe-世界";
		await served({ region }, { "mcp-param-region": base64(region) });
		await served({ region: "eu" }, { "mcp-param-region": base64("eu") });
		await served(
			{ region: " padded " },
			{ "mcp-param-region": "=?base64?IHBhZGRlZCA=?=" },
		);
		for (const header of ["größe", "=?base64?a?=", base64("größe ")]) {
			const outcome = await call(
				{ region: "größe" },
				{ "mcp-param-region": header },
			);
			expect([header, outcome]).toMatchObject([header, mismatch]);
		}
	});

	test("are compared as numbers where they are integers", async () => {
		await served({ count: 42 }, { "mcp-param-count": "42.0" });
		const hexadecimal = { "mcp-param-count": "0x2a" };
		expect(await call({ count: 42 }, hexadecimal)).toMatchObject(mismatch);
	});

	test("are those that the specification allows, and headers of other names are nobody's", async () => {
		const args = { ratio: 0.5, name: "a", list: ["b"] };
		const ratio = { "mcp-param-ratio": "2" };
		for (const headers of [{}, ratio]) {
			const params = { name: "odd", arguments: args };
			const { status, response } = await answered(
				`${era}-shared`,
				"tools/call",
				params,
				{ headers },
			);
			expect(response).toMatchObject({
				result: { content: [{ text: JSON.stringify(args) }] },
			});
			expect(status).toBe(200);
		}
		await served({}, { "mcp-param-other": "x" });
	});

	test("are asked of no other tool, one with a name that is not ASCII included", async () => {
		const params = { name: "größe", arguments: { region: "eu" } };
		const { status, response } = await answered(
			`${era}-shared`,
			"tools/call",
			params,
		);
		expect(response).toMatchObject({
			result: { content: [{ text: '{"region":"eu"}' }] },
		});
		expect(status).toBe(200);
	});

	test("are asked of no legacy client, whose revision has no such headers", async () => {
		const client = await connect(bridge, `${era}-shared`);
		expect(await client.text("route", { region: "eu" })).toBe(
			'{"region":"eu"}',
		);
		await client.close();
	});

	test("are read from the server's list once, however many calls come", async () => {
		const client = new ModernClient(bridge, `${era}-shared`);
		const before = await client.text("lists");
		await Promise.all(Array.from({ length: 5 }, () => served({})));
		expect(await client.text("lists")).toBe(before);
	});
});

describe.each([
	"legacy-shared",
	"modern-shared",
])("after the tools of %s have changed", (server) => {
	test("their marks are those of the new list", async () => {
		const client = new ModernClient(bridge, server);
		const statusOf = async (headers: Record<string, string>) => {
			const params = { name: "route", arguments: { region: "eu" } };
			return (await client.request("tools/call", params, { headers })).status;
		};
		const region = { "mcp-param-region": "eu" };
		const land = { "mcp-param-land": "eu" };
		await client.text("mark", { as: "Region" });
		expect([await statusOf(region), await statusOf(land)]).toEqual([200, 400]);
		await client.text("mark", { as: "Land" });
		expect([await statusOf(region), await statusOf(land)]).toEqual([400, 200]);
		await client.text("mark", {});
		expect([await statusOf({}), await statusOf(land)]).toEqual([200, 200]);
		await client.text("mark", { as: "Region" });
	});
});
