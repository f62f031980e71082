import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { availableRuntimes } from "./test/harness/runtimes.ts";
import SummaryReporter from "./test/harness/summary-reporter.ts";

const alias = {
	"mcp-edge-bridge": fileURLToPath(new URL("src/api.ts", import.meta.url)),
};

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
					env: { BRIDGE_RUNTIME: name },
					testTimeout: 60_000,
					hookTimeout: 60_000,
				},
			})),
		],
	},
});
