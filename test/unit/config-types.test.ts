import { expect, test } from "vitest";
import type { BridgeInput } from "../../src/config/bridge-input.ts";
import { defineServers } from "../../src/config/define-servers.ts";
import type { BridgeConfig } from "../../src/config/resolve-config.ts";

// What stands here is checked by the compiler: an expected error that is none is an error.

const accepted = defineServers({
	port: 0,
	postResponse: "json",
	servers: {
		a: { command: "x" },
		b: {
			command: "x",
			args: ["1"] as const,
			env: { TOKEN: process.env.TOKEN },
			inheritEnv: true,
			concurrency: undefined,
			tools: { allow: ["read_*"] as const },
		},
	},
});

function neverCalled(config: BridgeConfig) {
	// @ts-expect-error a server needs a command
	defineServers({ servers: { a: { args: [] } } });
	// @ts-expect-error an unknown key of a server
	defineServers({ servers: { a: { command: "x", isolaton: "auto" } } });
	// @ts-expect-error an unknown key beside the servers
	defineServers({ prot: 1, servers: {} });
	// @ts-expect-error a config needs servers
	defineServers({});
	// @ts-expect-error a choice that does not exist
	defineServers({ servers: { a: { command: "x", isolation: "identity" } } });
	// @ts-expect-error a port is a number
	defineServers({ port: "8080", servers: {} });
	// @ts-expect-error inheritEnv is a list or true
	defineServers({ servers: { a: { command: "x", inheritEnv: false } } });
	// @ts-expect-error a value of env is a string
	defineServers({ servers: { a: { command: "x", env: { PORT: 1 } } } });
	// @ts-expect-error a filter has no such list
	defineServers({ servers: { a: { command: "x", tools: { allowed: [] } } } });
	// @ts-expect-error a resolved config is readonly
	config.port = 1;
	// @ts-expect-error a server may not be there
	config.servers.a.command;
}

test("defineServers gives back its argument", () => {
	const input: BridgeInput = { servers: { a: { command: "x" } } };
	expect(defineServers(input)).toBe(input);
	expect(accepted.port).toBe(0);
	expect(neverCalled).toBeTypeOf("function");
});
