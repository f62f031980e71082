import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { conformanceRuntimes } from "./test/conformance/options.ts";
import { availableRuntimes } from "./test/harness/runtimes.ts";
import SummaryReporter from "./test/harness/summary-reporter.ts";

const alias = {
	"mcp-edge-bridge": fileURLToPath(new URL("src/api.ts", import.meta.url)),
};

/** What differs between Node's versions: its streams, its processes, how it starts and ends. The protocol is the same. */
const laterNodes = ["node22", "node24"];
const nodeTests = [
	"test/suite/{sse,streamable,modern-http,shutdown,restart,sessions-outlive,start-scripts}.test.ts",
	"test/suite/children-*.test.ts",
];

/**
 * What is decided before and behind the runtime's part, and so once: Bun and Deno have every feature of both eras in
 * `eras`, and the official suite.
 */
const onceTests = [
	"test/suite/input{,-legacy-client,-refused,-roots,-state,-suspended,-url-required}.test.ts",
	"test/suite/{batches,handshake,litellm,lists,passthrough,real-servers,reload,routes,sharing}.test.ts",
	"test/suite/listen-{legacy,modern}-child.test.ts",
	"test/suite/modern-{child-faults,clients,headers,refusals,results}.test.ts",
	"test/suite/{logs,progress}-across-eras.test.ts",
	"test/suite/{failed-starts,mcp-proxy-flags,protocol-option,status}.test.ts",
	"test/suite/bounds-{children,requests}.test.ts",
	"test/suite/{capability-sets,chaos,clock-set-back,commands,doctor,exact-numbers,filters,metrics-dashboard,odd-lines,request-timeouts}.test.ts",
	"test/suite/{scale-to-zero,slow-children,session-key,stop-command-hanging,trace-context}.test.ts",
	"test/suite/{guardian-missing,guardian-script}.test.ts",
];

/** Checks every message that the bridge sends in any test. */
const setupFiles = ["test/harness/wire/check-wire.ts"];

const packageTests = ["test/suite/{package,clone}.test.ts"];

export default defineConfig({
	test: {
		reporters: ["default", new SummaryReporter()],
		maxWorkers: 2,
		projects: [
			{
				resolve: { alias },
				test: {
					name: "unit",
					include: ["test/unit/**/*.test.ts"],
					testTimeout: 30_000,
				},
			},
			// One suite, black box: only the runtime that the bridge runs under differs.
			...availableRuntimes().map((name) => ({
				resolve: { alias },
				test: {
					name,
					include: laterNodes.includes(name)
						? nodeTests
						: ["test/suite/**/*.test.ts"],
					exclude:
						name === "node" ? packageTests : [...packageTests, ...onceTests],
					env: { BRIDGE_RUNTIME: name },
					setupFiles,
					testTimeout: 60_000,
					hookTimeout: 60_000,
				},
			})),
			// One after the other and behind all others: the suite gives some answers half a second.
			...availableRuntimes()
				.filter((name) => conformanceRuntimes.includes(name))
				.map((name, index) => ({
					resolve: { alias },
					test: {
						name: `conformance-${name}`,
						include: ["test/conformance/**/*.test.ts"],
						env: { BRIDGE_RUNTIME: name },
						testTimeout: 300_000,
						hookTimeout: 60_000,
						sequence: { groupOrder: index + 1 },
					},
				})),
			// Once: what is tested is the client, which is written in Python.
			{
				resolve: { alias },
				test: {
					name: "python",
					include: ["test/python/**/*.test.ts"],
					setupFiles,
					testTimeout: 60_000,
					hookTimeout: 60_000,
				},
			},
			// Once: the files of wrangler-free-deploy, under Node alone.
			{
				resolve: { alias },
				test: {
					name: "deploy",
					include: ["test/deploy/**/*.test.ts"],
					testTimeout: 60_000,
					hookTimeout: 300_000,
				},
			},
			// Once, since they pack, build and install; they run the result on every runtime by themselves.
			{
				resolve: { alias },
				test: {
					name: "package",
					include: packageTests,
					setupFiles,
					testTimeout: 120_000,
					hookTimeout: 300_000,
				},
			},
		],
	},
});
