import { randomUUID } from "node:crypto";
import {
	existsSync,
	mkdirSync,
	readdirSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { connect as connectTo, createServer } from "node:net";
import path from "node:path";
import { freePort } from "../../harness/free-port.ts";
import {
	eventually,
	groupMembers,
	isRunning,
	waitUntilGone,
} from "../../harness/processes.ts";
import { serverStatus } from "../../harness/status.ts";
import type { Backends } from "../backends.ts";
import { startBridge } from "../bridge.ts";
import { expectContains, expectEqual, need } from "../expect.ts";
import { installPython, laterPython } from "../install.ts";
import { proofs } from "../proofs.ts";
import { attempt } from "../run.ts";
import { cached, example, scratch } from "../scratch.ts";
import { open } from "../transports.ts";
import type { Quirk } from "./quirk.ts";

const noisyFetch = "mcp-server-fetch==2026.8.18\nmcp<2\n";
const killed = scratch("killed");

/** Those that want another entry than the example's, or an end of the bridge. */
export async function quirksOfOthers(
	env: Record<string, string>,
	{
		npm,
		fetch,
		pages,
		github,
		chromium,
		timescaledb,
		timescaledbMcp,
		postgres,
	}: Backends,
): Promise<{ quirks: Quirk[]; stop(): Promise<void> }> {
	mkdirSync(killed);
	const noisy = await attempt(() =>
		installPython(cached("fetch-noisy"), noisyFetch),
	);
	if ("value" in noisy) forgetNodePackages(path.dirname(noisy.value));
	const postgresMcp = await attempt(async () =>
		installPython(
			cached("postgres-mcp"),
			"postgres-mcp==0.3.0\n",
			await laterPython(),
		),
	);
	const door = await closedDoor(
		"value" in timescaledb ? timescaledb.value.port : 0,
	);
	const config = scratch("servers.ts");
	writeFileSync(
		config,
		configText({
			...("value" in noisy && {
				noisy: {
					like: "fetch",
					command: `${noisy.value}/mcp-server-fetch`,
					args: [],
				},
			}),
			refusing: { like: "fetch", args: [] },
			...("value" in postgresMcp && {
				deaf: {
					like: "postgres",
					command: `${postgresMcp.value}/postgres-mcp`,
					args: ["--access-mode=restricted"],
					env: { DATABASE_URI: env.POSTGRES_DSN },
				},
			}),
			early: {
				like: "postgres",
				env: {
					POSTGRES_DSN: `postgres://postgres@127.0.0.1:${door.port}/postgres?sslmode=disable`,
				},
			},
			waiting: {
				like: "timescaledb",
				env: { TIMESCALEDB_PORT: String(door.port) },
			},
		}),
	);
	const bridge = await startBridge(config, env);
	const { url } = bridge;
	const postgresMcpPid =
		"value" in postgresMcp
			? runningPid(url, "deaf").catch(() => undefined)
			: undefined;
	let ended: Promise<void> | undefined;
	const stop = () => {
		ended ??= bridge.stop();
		return ended;
	};

	const quirks: Quirk[] = [
		{
			claim:
				"fetch 2026.8.18: what npm prints on stdout at the first page is skipped",
			async prove() {
				need(noisy);
				const text = randomUUID();
				const client = await open(url, "noisy", "Streamable HTTP");
				const page = { url: need(pages).url(text) };
				expectContains(await client.text("fetch", page), text, "the page");
				const { noiseLines } = await serverStatus({ url }, "noisy");
				expectEqual(noiseLines > 0, true, `noise in ${noiseLines} lines`);
				await client.close();
			},
		},
		{
			claim: "fetch: without --allow-private-ips it refuses loopback",
			async prove() {
				need(fetch);
				const client = await open(url, "refusing", "Streamable HTTP");
				const page = { url: need(pages).url("text") };
				const { text, isError } = await client.call("fetch", page);
				expectEqual(isError, true, "that it is refused");
				expectContains(text, "--allow-private-ips", "the reason");
				await client.close();
			},
		},
		{
			claim: "postgres: it runs while its database is down, and a call says so",
			async prove() {
				need(npm);
				const client = await open(url, "early", "Streamable HTTP");
				const query = { sql: "select 1" };
				const { text, isError } = await client.call("execute_sql", query);
				expectEqual(isError, true, "that it fails");
				expectContains(text, "ECONNREFUSED", "the reason");
				await client.close();
			},
		},
		{
			claim:
				"timescaledb: it exits while its database is down, and comes back by itself",
			async prove() {
				need(timescaledbMcp);
				need(timescaledb);
				await eventually(async () => {
					const { failure } = await serverStatus({ url }, "waiting");
					return failure?.reason === "exited with code 1";
				}, "it has not exited");
				await door.open();
				await eventually(
					async () =>
						(await serverStatus({ url }, "waiting")).state === "ready",
					"it does not come back",
					60_000,
				);
				const client = await open(url, "waiting", "Streamable HTTP");
				const query = "select 40 + 2 as answer";
				const rows = await client.text("execute_query", { query });
				expectContains(rows, "42", "the rows");
				await client.close();
			},
		},
		{
			claim: "the nine end when the bridge does, and none has to be killed",
			async prove() {
				need(npm);
				need(fetch);
				need(github);
				need(timescaledbMcp);
				need(timescaledb);
				need(chromium);
				// It has a process once somebody is there, and a browser once there is a page.
				const client = await open(url, "playwright", "Streamable HTTP");
				const page = { url: need(pages).url("text") };
				await client.text("browser_navigate", page);
				const names = Object.keys(proofs);
				const leaders = await Promise.all(
					names.map((name) => runningPid(url, name)),
				);
				const pids = leaders.flatMap(groupMembers);
				await stop();
				await waitUntilGone(pids);
				const had = names.filter((name) => existsSync(`${killed}/${name}`));
				expectEqual(had.join(", "), "", "those that had to be killed");
			},
		},
		{
			claim: "postgres-mcp: it is gone when the bridge has ended",
			async prove() {
				need(postgresMcp);
				need(postgres);
				const pid = await postgresMcpPid;
				if (pid === undefined) throw new Error("it never ran");
				await stop();
				expectEqual(isRunning(pid), false, "that it runs");
			},
		},
	];
	return {
		quirks,
		async stop() {
			await stop();
			door.close();
		},
	};
}

/** The process of a server that has come up. */
function runningPid(url: string, server: string): Promise<number> {
	return eventually(
		async () => {
			const { shared, own } = await serverStatus({ url }, server);
			const ready = [shared, ...own].find((child) => child?.state === "ready");
			return ready?.pid;
		},
		`${server} does not run`,
		60_000,
	);
}

/** The nine, and what differs from one of them; each leaves a file if it had to be killed. */
function configText(
	variants: Record<string, { like: string } & Record<string, unknown>>,
): string {
	return `import nine from ${JSON.stringify(example("servers.ts"))};

const entries = { ...nine.servers };
for (const [name, { like, env, ...changed }] of Object.entries(${JSON.stringify(variants)}))
	entries[name] = { ...nine.servers[like], ...changed, env: { ...nine.servers[like].env, ...env } };
const servers = {};
for (const [name, entry] of Object.entries(entries))
	servers[name] = {
		...entry,
		cwd: new URL(entry.cwd ?? ".", ${JSON.stringify(`file://${example("")}/`)}).pathname,
		stopCommand: ["touch", ${JSON.stringify(`${killed}/`)} + name],
	};
export default { servers };
`;
}

/** Makes the next HTML page the first one, at which packages of npm are installed. */
function forgetNodePackages(venv: string): void {
	for (const python of readdirSync(path.join(venv, "lib"))) {
		const packages = "site-packages/readabilipy/javascript/node_modules";
		const folder = path.join(venv, "lib", python, packages);
		rmSync(folder, { recursive: true, force: true });
	}
}

/** A port at which nobody listens before it is opened, and another one answers then. */
async function closedDoor(to: number) {
	const port = await freePort();
	const server = createServer((socket) => {
		const other = connectTo(to, "127.0.0.1");
		for (const end of [socket, other]) end.on("error", () => {});
		socket.pipe(other).pipe(socket);
	});
	return {
		port,
		open: () =>
			new Promise<void>((resolve, reject) => {
				server.on("error", reject).listen(port, "127.0.0.1", resolve);
			}),
		close: () => void server.close(),
	};
}
