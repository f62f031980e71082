import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Backends } from "./backends.ts";
import { expectContains, expectEqual, need } from "./expect.ts";
import { scratch } from "./scratch.ts";
import type { Caller } from "./transports.ts";

/** Where the example's `filesystem` and `memory` keep what they have. */
export const files = scratch("files");
export const memoryFile = scratch("memory.jsonl");

/** How one server is proved. */
export interface Proof {
	/** What has to be installed for it. */
	installed: readonly (keyof Backends)[];
	/** What its answers are compared with; where there is none, its files. */
	against: readonly (keyof Backends)[];
	/** Calls its tools, and compares what they say with what its backend has. Throws where it differs. */
	prove(caller: Caller, backends: Backends): Promise<void>;
}

/** A text that nobody else has. */
const unique = () => randomUUID().replaceAll("-", "");

/** By the names of examples/nine/servers.ts. */
export const proofs: Record<string, Proof> = {
	filesystem: {
		installed: ["npm"],
		against: [],
		async prove(caller) {
			const [written, read] = [unique(), unique()];
			const file = (name: string) => path.join(files, `${name}.txt`);
			writeFileSync(file(read), read);
			const got = await caller.text("read_text_file", { path: file(read) });
			expectEqual(got, read, "the file's text");
			const args = { path: file(written), content: written };
			await caller.text("write_file", args);
			expectEqual(readFileSync(file(written), "utf8"), written, "the new file");
		},
	},

	monitoring: {
		installed: ["npm"],
		against: ["loki", "netdata"],
		async prove(caller, { loki, netdata }) {
			const line = unique();
			const pushed = await fetch(`${need(loki).url}/loki/api/v1/push`, {
				method: "POST",
				headers: { "content-type": "application/json" },
				body: JSON.stringify({
					streams: [
						{
							stream: { job: line },
							values: [[`${Date.now()}000000`, `line ${line}`]],
						},
					],
				}),
			});
			expectEqual(pushed.status, 204, "the status of the push");
			const logs = await caller.text("query_logs", {
				query: `{job="${line}"}`,
			});
			expectContains(logs, `line ${line}`, "the logs");

			const { uptime } = need(netdata);
			const args = { chart: "system.uptime", seconds: 5, points: 1 };
			const before = await uptime();
			const { structuredContent } = await caller.call("netdata_metrics", args);
			const after = await uptime();
			const [row] = (structuredContent?.rows ?? []) as { uptime?: number }[];
			const seen = row?.uptime ?? Number.NaN;
			// A point is a mean over the seconds asked for.
			const isRight = seen > before - 15 && seen < after + 15;
			expectEqual(isRight, true, `uptime ${seen} near ${before} to ${after}`);
		},
	},

	memory: {
		installed: ["npm"],
		against: [],
		async prove(caller) {
			const name = unique();
			const entity = { name, entityType: "test", observations: [`of ${name}`] };
			await caller.text("create_entities", { entities: [entity] });
			expectContains(readFileSync(memoryFile, "utf8"), name, "its file");
			const found = await caller.text("search_nodes", { query: name });
			expectContains(found, `of ${name}`, "what it finds");
		},
	},

	fetch: {
		installed: ["fetch"],
		against: ["pages"],
		async prove(caller, { pages }) {
			const text = unique();
			const url = need(pages).url(text);
			expectContains(await caller.text("fetch", { url }), text, "the page");
		},
	},

	github: {
		installed: ["github"],
		against: ["githubApi"],
		async prove(caller, { githubApi }) {
			const login = unique();
			need(githubApi).rename(login);
			expectContains(await caller.text("get_me"), login, "the user");
		},
	},

	postgres: {
		installed: ["npm"],
		against: ["postgres"],
		async prove(caller, { postgres }) {
			const { sql } = need(postgres);
			const value = unique();
			await sql(
				`create table if not exists proof (value text); insert into proof values ('${value}')`,
			);
			const query = `select value from proof where value = '${value}'`;
			const rows = await caller.text("execute_sql", { sql: query });
			expectContains(rows, value, "the rows");
			const { isError } = await caller.call("execute_sql", {
				sql: `insert into proof values ('${value}')`,
			});
			expectEqual(isError, true, "that writing is refused");
			const count = await sql(
				`select count(*) from proof where value = '${value}'`,
			);
			expectEqual(count, "1", "the rows in the database");
		},
	},

	n8n: {
		installed: ["npm"],
		against: ["n8n"],
		async prove(caller, { n8n }) {
			const { url, key } = need(n8n);
			const name = unique();
			const made = await caller.text("n8n_create_workflow", workflow(name));
			const { success, data } = JSON.parse(made);
			expectEqual(success, true, `the success of ${made}`);
			const response = await fetch(`${url}/api/v1/workflows/${data.id}`, {
				headers: { "x-n8n-api-key": key },
			});
			const stored = (await response.json()) as { name?: string };
			expectEqual(stored.name, name, "the workflow in n8n");
			const got = await caller.text("n8n_get_workflow", { id: data.id });
			expectContains(got, name, "the workflow");
		},
	},

	playwright: {
		installed: ["npm"],
		against: ["pages", "chromium"],
		async prove(caller, { pages }) {
			const text = unique();
			const url = need(pages).url(text);
			const page = await caller.text("browser_navigate", { url });
			const backwards = [...text].reverse().join("");
			expectContains(page, backwards, "what the page's script makes of it");
		},
	},

	timescaledb: {
		installed: ["timescaledbMcp"],
		against: ["timescaledb"],
		async prove(caller, { timescaledb }) {
			const { sql } = need(timescaledb);
			const name = `proof_${unique()}`;
			await sql(
				`create table ${name} (time timestamptz not null, value float);
				select create_hypertable('${name}', 'time');
				insert into ${name} values ('2026-01-01 00:01Z', 1.25), ('2026-01-01 00:04Z', 2.25), ('2026-01-01 00:11Z', 8)`,
			);
			const hypertables = await caller.text("list_hypertables");
			expectContains(hypertables, name, "the hypertables");
			const query = `select avg(value) from ${name} group by time_bucket('10 minutes', time) order by 1`;
			const rows = await caller.text("execute_query", { query });
			expectContains(rows, "1.75", "the mean of the first bucket");
		},
	},
};

/** A workflow that n8n-mcp takes for valid. */
function workflow(name: string) {
	const node = (label: string, type: string, typeVersion: number) => ({
		id: label,
		name: label,
		type: `n8n-nodes-base.${type}`,
		typeVersion,
		position: [0, 0],
		parameters: {},
	});
	return {
		name,
		nodes: [node("Start", "manualTrigger", 1), node("Set", "set", 3.4)],
		connections: {
			Start: { main: [[{ node: "Set", type: "main", index: 0 }]] },
		},
	};
}
