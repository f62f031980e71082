import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { root } from "../harness/runtimes.ts";
import { type Backends, startBackends, stopBackends } from "./backends.ts";
import { startBridge } from "./bridge.ts";
import { need } from "./expect.ts";
import { files, memoryFile, proofs } from "./proofs.ts";
import { quirksOfContainers } from "./quirks/of-containers.ts";
import { quirksOfOthers } from "./quirks/of-others.ts";
import { quirksOfTheNine } from "./quirks/of-the-nine.ts";
import type { Quirk } from "./quirks/quirk.ts";
import {
	hasFailed,
	type Outcome,
	outcomeOf,
	type Results,
	reportText,
} from "./report.ts";
import type { Had } from "./run.ts";
import { example } from "./scratch.ts";
import { open, type Transport, transports } from "./transports.ts";

// Proves the servers of examples/nine through the bridge: each by what a tool says, compared with what its backend has.

/** The discard service's, which is off everywhere. */
const closedPort = 9;
const begun = Date.now();
const say = (line: string) => console.log(line);
const results: Results = { servers: new Map(), quirks: new Map() };

mkdirSync(files);
const backends = await startBackends(say);
let version: string;
try {
	version = await proveServers();
	await proveAll(quirksOfContainers);
} finally {
	await stopBackends(backends);
}

const report = reportText(results, backends);
const versions = [version, ...packages(backends)]
	.map((name) => `- ${name}`)
	.join("\n");
const seconds = Math.round((Date.now() - begun) / 1000);
say(`\n${versions}\n\n${report} (${seconds} s)`);
if (hasFailed(results)) process.exitCode = 1;
else if (process.argv.includes("--write"))
	writeFileSync(
		path.join(root, "docs/servers/proof.md"),
		proofPage(versions, report),
	);

/** Fills `results`, and gives the version of the bridge. */
async function proveServers(): Promise<string> {
	const env = environment(backends);
	const bridge = await startBridge(example("servers.ts"), env);
	say(`${bridge.version}: ${bridge.url}`);
	for (const [server, proof] of Object.entries(proofs)) {
		const row = {} as Record<Transport, Outcome>;
		for (const transport of transports) {
			row[transport] = await outcomeOf(async () => {
				for (const key of [...proof.installed, ...proof.against])
					need<unknown>(backends[key]);
				const caller = await open(bridge.url, server, transport);
				await proof.prove(caller, backends).finally(() => caller.close());
			});
			say(`${server}, ${transport}: ${row[transport].state}`);
		}
		results.servers.set(server, row);
	}
	await proveAll(quirksOfTheNine(bridge.url, backends));
	await bridge.stop();

	const others = await quirksOfOthers(env, backends);
	await proveAll(others.quirks);
	await others.stop();
	return bridge.version;
}

async function proveAll(quirks: Quirk[]): Promise<void> {
	for (const { claim, prove } of quirks) {
		const outcome = await outcomeOf(prove);
		results.quirks.set(claim, outcome);
		say(`${claim}: ${outcome.state}`);
	}
}

/** What examples/nine/servers.ts reads. What is missing has an address at which nobody listens. */
function environment(backends: Backends): Record<string, string> {
	const { loki, netdata, githubApi, postgres, n8n } = backends;
	const { github, chromium, timescaledb } = backends;
	const urlOf = (had: Had<{ url: string }>) =>
		"value" in had ? had.value.url : `http://127.0.0.1:${closedPort}`;
	const portOf = (had: Had<{ port: number }>) =>
		"value" in had ? had.value.port : closedPort;
	const bin = "value" in github ? `${github.value.bin}:` : "";
	return {
		PATH: `${bin}${process.env.PATH}`,
		FILES_DIR: files,
		MEMORY_FILE: memoryFile,
		FETCH_PRIVATE: "1",
		LOKI_URL: urlOf(loki),
		NETDATA_URL: urlOf(netdata),
		GITHUB_TOKEN: "value" in githubApi ? githubApi.value.token : "none",
		GITHUB_HOST: urlOf(githubApi),
		POSTGRES_DSN: `postgres://postgres@127.0.0.1:${portOf(postgres)}/postgres?sslmode=disable`,
		N8N_API_URL: urlOf(n8n),
		N8N_API_KEY: "value" in n8n ? n8n.value.key : "none",
		CHROMIUM: "value" in chromium ? chromium.value.path : "none",
		CHROMIUM_SANDBOX: process.getuid?.() === 0 ? "0" : "1",
		TIMESCALEDB_HOST: "127.0.0.1",
		TIMESCALEDB_PORT: String(portOf(timescaledb)),
		TIMESCALEDB_DATABASE: "postgres",
		TIMESCALEDB_USER: "postgres",
		TIMESCALEDB_PASSWORD: "not asked for",
	};
}

/** The servers as the example pins them. */
function packages({ github }: Backends): string[] {
	const { dependencies } = JSON.parse(
		readFileSync(example("package.json"), "utf8"),
	) as { dependencies: Record<string, string> };
	const libraries = ["@modelcontextprotocol/sdk", "pg", "zod"];
	const npm = Object.entries(dependencies)
		.filter(([name]) => !libraries.includes(name))
		.map(([name, version]) => `${name} ${version}`);
	const python = ["fetch", "timescaledb"].map((server) => {
		const file = example(`requirements/${server}.txt`);
		const [first = ""] = readFileSync(file, "utf8").split("\n");
		return first.replace("==", " ");
	});
	return [...npm, ...python, ...("value" in github ? [github.value.name] : [])];
}

function proofPage(versions: string, report: string): string {
	return `# Proof

Written by \`npm run test:servers -- --write\` on ${process.platform}: each server of [examples/nine](../../examples/nine/README.md) through the bridge, by what a tool says, compared with what its backend has.

${report}

With

${versions}
`;
}
