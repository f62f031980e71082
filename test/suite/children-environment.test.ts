import { mkdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import path from "node:path";
import { beforeAll, expect, test } from "vitest";
import { scratch } from "../harness/scratch.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import { callOnce, textOf } from "../harness/status.ts";

/** What a child gets of the bridge's environment, and where it runs. */

const file = scratch();
/** Set for the bridge, and no business of its children. */
const secrets = {
	GITHUB_TOKEN: "secret of another server",
	AWS_SECRET_ACCESS_KEY: "secret of the machine",
	NODE_OPTIONS_OF_TEST: "1",
	MCP_EDGE_BRIDGE_KEY: "secret of the bridge",
	MCP_EDGE_BRIDGE_ANYTHING: "secret of the bridge",
};
/** Set for the bridge, and every child needs it. */
const allowed = {
	HOME: file("home"),
	USER: "somebody",
	LOGNAME: "somebody",
	SHELL: "/bin/sh",
	TERM: "dumb",
	TMPDIR: file("tmp"),
	TZ: "Asia/Kathmandu",
	LANG: "de_CH.UTF-8",
	LC_ALL: "C.UTF-8",
	NODE_EXTRA_CA_CERTS: "/dev/null",
	SSL_CERT_FILE: "/dev/null",
};
const wanted = { WANTED: "wanted", ALSO_WANTED: 'é 漢 = "x"\n$HOME' };

let bridge: Bridge;
beforeAll(async () => {
	for (const name of ["home", "tmp", "elsewhere"]) mkdirSync(file(name));
	bridge = await startBridge(
		{
			servers: {
				plain: fixture("faulty"),
				own: fixture("faulty", [], {
					env: { OWN: "own\n$HOME", TZ: "UTC", EMPTY: "" },
				}),
				named: fixture("faulty", [], {
					inheritEnv: [
						"WANTED",
						"ALSO_WANTED",
						"NOT_SET_AT_ALL",
						"MCP_EDGE_BRIDGE_KEY",
					],
				}),
				all: fixture("faulty", [], { inheritEnv: true }),
				elsewhere: fixture("faulty", [], { cwd: file("elsewhere") }),
				below: fixture("faulty", [], { cwd: "." }),
			},
		},
		{ env: { ...secrets, ...allowed, ...wanted } },
	);
});

async function pidOf(server: string): Promise<number> {
	return Number(textOf(await callOnce(bridge, server, "pid")));
}

async function environmentOf(server: string): Promise<Record<string, string>> {
	const text = readFileSync(`/proc/${await pidOf(server)}/environ`, "utf8");
	return Object.fromEntries(
		text
			.split("\0")
			.filter((entry) => entry !== "")
			.map((entry) => {
				const end = entry.indexOf("=");
				return [entry.slice(0, end), entry.slice(end + 1)];
			}),
	);
}

/** What the harness and the machine decide. */
function without({
	BRIDGE_TEST_MARKER: _marker,
	NODE_OPTIONS: _recorder,
	RECORD_WIRE: _record,
	PATH: _path,
	MCP_EDGE_BRIDGE_CHILD_OF: _mark,
	...rest
}: Record<string, string>) {
	const onMachine = ["LANGUAGE", "LC_CTYPE", "SSL_CERT_DIR"];
	return Object.fromEntries(
		Object.entries(rest).filter(([name]) => !onMachine.includes(name)),
	);
}

test("a child gets what every program needs, and nothing else", async () => {
	const environment = await environmentOf("plain");
	expect(without(environment)).toEqual(allowed);
	expect(environment.PATH).toContain(process.env.PATH);
});

test("its entry's env comes on top, and wins", async () => {
	expect(without(await environmentOf("own"))).toEqual({
		...allowed,
		OWN: "own\n$HOME",
		TZ: "UTC",
		EMPTY: "",
	});
});

test("inheritEnv gives it the variables named, but none of the bridge's own", async () => {
	expect(without(await environmentOf("named"))).toEqual({
		...allowed,
		...wanted,
	});
});

test("inheritEnv true gives it everything but the bridge's own", async () => {
	const environment = await environmentOf("all");
	const {
		MCP_EDGE_BRIDGE_KEY: _,
		MCP_EDGE_BRIDGE_ANYTHING: __,
		...others
	} = secrets;
	expect(environment).toMatchObject({ ...others, ...allowed, ...wanted });
	expect(
		Object.keys(environment).filter((name) => /^MCP_EDGE_BRIDGE_/.test(name)),
	).toEqual(["MCP_EDGE_BRIDGE_CHILD_OF"]);
});

const cwdOf = async (server: string) =>
	readlinkSync(`/proc/${await pidOf(server)}/cwd`);

test("it runs in the folder of the config", async () => {
	const folder = realpathSync(path.dirname(bridge.config));
	expect(await cwdOf("plain")).toBe(folder);
	expect(await cwdOf("below")).toBe(folder);
});

test("or in the one that its entry names", async () => {
	expect(await cwdOf("elsewhere")).toBe(realpathSync(file("elsewhere")));
});
