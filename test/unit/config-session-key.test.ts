import fc from "fast-check";
import { expect, test } from "vitest";
import { ConfigError } from "../../src/config/config-error.ts";
import { resolveConfig } from "../../src/config/resolve-config.ts";
import { sessionKeyOf } from "../../src/config/session-key.ts";

const variable = "MCP_EDGE_BRIDGE_SESSION_KEY";
const longEnough = fc.string({ minLength: 32, maxLength: 200 });
const tooShort = fc.string({ minLength: 1, maxLength: 31 });
const text = "k".repeat(32);

/** What a call throws. */
function refused(call: () => unknown): ConfigError {
	try {
		call();
	} catch (error) {
		if (error instanceof ConfigError) return error;
		throw error;
	}
	throw new Error("the key was accepted");
}
const inConfig = (sessionKey: unknown) =>
	resolveConfig(
		{ servers: { a: { command: "x" } }, sessionKey },
		{ file: "servers.ts" },
	).sessionKey;

test("the config's key counts, whatever the environment says", () => {
	fc.assert(
		fc.property(longEnough, fc.string(), (key, other) => {
			expect(sessionKeyOf(inConfig(key), { [variable]: other })).toBe(key);
		}),
	);
});

test("without one in the config the environment's counts", () => {
	fc.assert(
		fc.property(longEnough, (key) => {
			expect(sessionKeyOf(undefined, { [variable]: key })).toBe(key);
		}),
	);
});

test.each([
	{},
	{ [variable]: undefined },
	{ [variable]: "" },
])("there is none where neither gives one: %j", (environment) => {
	expect(sessionKeyOf(inConfig(undefined), environment)).toBeUndefined();
});

test("one of the environment that is too short is refused by its name and length, and not shown", () => {
	fc.assert(
		fc.property(tooShort, (key) => {
			const { code, message, problems } = refused(() =>
				sessionKeyOf(undefined, { [variable]: key }),
			);
			expect(code).toBe("CONFIG_INVALID");
			expect(message).toContain(variable);
			expect(problems).toEqual([
				{
					path: variable,
					found: `a text of ${key.length} characters`,
					expected: "a secret text of at least 32 characters",
				},
			]);
		}),
	);
});

test.each([
	["hunter2"],
	["k".repeat(31)],
	[12345678],
	[[text]],
	[{ text }],
])("one of the config that cannot be used is refused by its name, and not shown: %j", (key) => {
	const { problems, message } = refused(() => inConfig(key));
	expect(problems).toMatchObject([
		{
			path: "sessionKey",
			expected: "a secret text of at least 32 characters",
		},
	]);
	const told = JSON.stringify([problems, message]);
	for (const secret of ["hunter2", "kkkk", "12345678"])
		expect(told).not.toContain(secret);
});
