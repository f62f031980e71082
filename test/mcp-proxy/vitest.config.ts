import { defineConfig } from "vitest/config";

export default defineConfig({
	test: {
		include: ["test/mcp-proxy/**/*.test.ts"],
		testTimeout: 60_000,
		hookTimeout: 300_000,
	},
});
