import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { conformanceRuntimes } from "./test/conformance/options.ts";
import { availableRuntimes } from "./test/harness/runtimes.ts";
import SummaryReporter from "./test/harness/summary-reporter.ts";

const alias = {
	"mcp-edge-bridge": fileURLToPath(new URL("src/api.ts", import.meta.url)),
};

const packageTests = ["test/suite/{package,clone}.test.ts"];

export default defineConfig({
	test: {
		reporters: ["default", new SummaryReporter()],
		maxWorkers: 2,
		projects: [
			{
				resolve: { alias },
				test: { name: "unit", include: ["test/unit/**/*.test.ts"] },
			},
			// One suite, black box: only the runtime that the bridge runs under differs.
			...availableRuntimes().map((name) => ({
				resolve: { alias },
				test: {
					name,
					include: ["test/suite/**/*.test.ts"],
					exclude: packageTests,
					env: { BRIDGE_RUNTIME: name },
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
			// Once, since they pack, build and install; they run the result on every runtime by themselves.
			{
				resolve: { alias },
				test: {
					name: "package",
					include: packageTests,
					testTimeout: 120_000,
					hookTimeout: 300_000,
				},
			},
		],
	},
});
