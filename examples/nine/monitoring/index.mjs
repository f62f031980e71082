import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";

// A server for two questions to the monitoring of a few machines: what do the logs say (Loki), and what do the figures
// say (Netdata). LOKI_URL and NETDATA_URL are the backends' base URLs.

const timeoutMs = 15_000;
const annotations = { readOnlyHint: true };

/** The JSON that a backend answers. */
async function ask(variable, path, parameters) {
	const base = process.env[variable];
	if (!base) throw new Error(`${variable} is not set`);
	const url = new URL(base.replace(/\/*$/, path));
	url.search = new URLSearchParams(parameters).toString();
	let response;
	try {
		response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
	} catch (error) {
		const reason = error.cause?.code ?? error.message;
		throw new Error(`Cannot reach ${url.origin} (${variable}): ${reason}`);
	}
	const text = await response.text();
	if (!response.ok)
		throw new Error(
			`${url.origin} answered ${response.status}: ${text.trim().slice(0, 500)}`,
		);
	return JSON.parse(text);
}

/** A tool's result, for programs and as text for models. */
function result(structuredContent, lines) {
	const text = lines.length > 0 ? lines.join("\n") : "Nothing found";
	return { content: [{ type: "text", text }], structuredContent };
}

const server = new McpServer({ name: "monitoring", version: "1.0.0" });

server.registerTool(
	"query_logs",
	{
		title: "Query logs",
		description: "Log lines that match a LogQL query, newest first",
		inputSchema: {
			query: z.string().describe('LogQL, such as {job="nginx"} |= "error"'),
			minutes: z.number().positive().max(43_200).default(60),
			limit: z.number().int().positive().max(5000).default(100),
		},
		outputSchema: {
			lines: z.array(
				z.object({
					time: z.string(),
					labels: z.record(z.string(), z.string()),
					line: z.string(),
				}),
			),
		},
		annotations,
	},
	async ({ query, minutes, limit }) => {
		const now = Date.now();
		// Loki's times are nanoseconds.
		const { data } = await ask("LOKI_URL", "/loki/api/v1/query_range", {
			query,
			start: `${Math.floor(now - minutes * 60_000)}000000`,
			end: `${now}000000`,
			limit: String(limit),
			direction: "backward",
		});
		if (data.resultType !== "streams")
			throw new Error(
				`The query gives figures ("${data.resultType}"), not log lines: leave out functions such as rate() and count_over_time()`,
			);
		const lines = data.result
			.flatMap(({ stream, values }) =>
				values.map(([time, line]) => ({ time, labels: stream, line })),
			)
			.sort((a, b) => (BigInt(a.time) < BigInt(b.time) ? 1 : -1))
			.slice(0, limit)
			.map(({ time, ...rest }) => ({
				time: new Date(Number(BigInt(time) / 1_000_000n)).toISOString(),
				...rest,
			}));
		return result(
			{ lines },
			lines.map(({ time, line }) => `${time} ${line}`),
		);
	},
);

server.registerTool(
	"netdata_metrics",
	{
		title: "Netdata metrics",
		description:
			"The values of a Netdata chart over the last seconds; without a chart, which charts there are",
		inputSchema: {
			chart: z.string().optional().describe("such as system.cpu"),
			seconds: z.number().int().positive().max(86_400).default(60),
			points: z.number().int().positive().max(1000).default(10),
		},
		outputSchema: {
			charts: z.array(z.string()).optional(),
			rows: z
				.array(z.record(z.string(), z.number().nullable()))
				.optional()
				.describe("One for each point; time is in seconds since 1970"),
		},
		annotations,
	},
	async ({ chart, seconds, points }) => {
		if (chart === undefined) {
			const { charts } = await ask("NETDATA_URL", "/api/v1/charts", {});
			const names = Object.keys(charts).sort();
			return result({ charts: names }, names);
		}
		const { labels, data } = await ask("NETDATA_URL", "/api/v1/data", {
			chart,
			after: String(-seconds),
			points: String(points),
			format: "json",
		});
		const rows = data.map((values) =>
			Object.fromEntries(labels.map((label, index) => [label, values[index]])),
		);
		return result(
			{ rows },
			rows.map((row) => JSON.stringify(row)),
		);
	},
);

await server.connect(new StdioServerTransport());
