import { pino } from "pino";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { StartingChild } from "../../src/bridge.ts";
import { watchStarts } from "../../src/cli/watch-starts.ts";
import { resolveConfig } from "../../src/config/resolve-config.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const { servers } = resolveConfig(
	{
		servers: {
			fetched: { command: "npx", args: ["-y", "some-server"] },
			own: { command: "own-server" },
		},
	},
	{ file: "/servers.ts" },
);

test("a start that takes ten seconds is told of once, with what may be the reason", () => {
	const startedAt = new Map([
		[7, Date.now()],
		[8, Date.now() + 5000],
	]);
	const starting = (): StartingChild[] =>
		[...startedAt].flatMap(([pid, at]) => {
			const server = pid === 7 ? "fetched" : "own";
			const entry = servers[server];
			return entry ? [{ server, entry, pid, forMs: Date.now() - at }] : [];
		});
	const lines: { server: string; pid: number; msg: string }[] = [];
	const log = pino(
		{ base: null },
		{ write: (line) => void lines.push(JSON.parse(line)) },
	);
	const interval = watchStarts(starting, log);

	vi.advanceTimersByTime(9000);
	expect(lines).toEqual([]);
	vi.advanceTimersByTime(60_000);
	expect(lines).toMatchObject([
		{
			server: "fetched",
			pid: 7,
			msg: 'Server "fetched" is still starting after 10 s (npx downloads a package at its first start)',
		},
		{ server: "own", msg: 'Server "own" is still starting after 10 s' },
	]);

	startedAt.delete(7);
	vi.advanceTimersByTime(5000);
	startedAt.set(7, Date.now());
	vi.advanceTimersByTime(20_000);
	expect(lines).toHaveLength(3);
	clearInterval(interval);
});
