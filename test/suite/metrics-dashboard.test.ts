import { readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { callMessage } from "../harness/call-message.ts";
import { type Sample, samplesOf, sumOf } from "../harness/metrics.ts";
import { ModernClient } from "../harness/modern-client.ts";
import { eventually } from "../harness/processes.ts";
import { namesOf } from "../harness/promql.ts";
import { initializeRequest, post, RawClient } from "../harness/raw-http.ts";
import { root } from "../harness/runtimes.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import { callOnce, serverStatus } from "../harness/status.ts";

/** What an operator's Grafana and Prometheus ask for is what a bridge gives that has met all sorts of things. */

const read = (file: string) => readFileSync(path.join(root, file), "utf8");

interface Rule {
	alert: string;
	expr: string;
	annotations: { summary: string; runbook: string };
}
const rules: Rule[] = parse(
	read("wrangler-free-deploy/prometheus/alerts.yml"),
).groups.flatMap(({ rules }: { rules: Rule[] }) => rules);

interface Panel {
	title: string;
	type: string;
	targets?: { expr: string; legendFormat: string }[];
}
interface Variable {
	name: string;
	type: string;
	definition: string;
}
const dashboard: { panels: Panel[]; templating: { list: Variable[] } } =
	JSON.parse(read("wrangler-free-deploy/grafana/dashboard.json"));
const variables = dashboard.templating.list.filter(
	({ type }) => type === "query",
);
const queries = dashboard.panels.flatMap(({ title, targets = [] }) =>
	targets.map(({ expr, legendFormat }) => ({ title, expr, legendFormat })),
);

let bridge: Bridge;
let samples: Sample[];
beforeAll(async () => {
	bridge = await startBridge({
		servers: {
			well: fixture("faulty", ["noise"]),
			says: fixture("verbatim"),
			dies: fixture("faulty", ["die-on-call"]),
			hangs: fixture("faulty", ["hang-on-call"], { requestTimeoutMs: 50 }),
			holds: fixture("faulty", ["hang-on-call"]),
			fails: { command: "sh", args: ["-c", "exit 1"] },
			sessions: fixture("faulty", [], { isolation: "session" }),
		},
	});
	const at = (server: string) => `${bridge.url}/servers/${server}/mcp`;
	const client = await RawClient.connect(bridge, "well", "streamable");
	await client.request({ jsonrpc: "2.0", id: 1, method: "tools/list" });
	await client.request(callMessage(2, "echo"));
	await client.request({ jsonrpc: "2.0", id: 3, method: "made/up" });
	const foreign = '{"jsonrpc":"2.0","id":987654,"result":{}}\n';
	const text = `${foreign}\uFEFF{"jsonrpc":"2.0","id":$ID,"result":{"content":[]}}\n`;
	await callOnce(bridge, "says", "say", { text });
	await callOnce(bridge, "dies", "echo");
	await callOnce(bridge, "hangs", "echo");
	for (let times = 0; times < 2; times++) await callOnce(bridge, "fails", "x");
	await post(at("well"), "{");
	const modern = new ModernClient(bridge, "holds");
	await modern.text("pid");
	const cancelled = new AbortController();
	const call = modern.post(
		"tools/call",
		{ name: "write" },
		{ signal: cancelled.signal },
	);
	await eventually(
		async () => (await serverStatus(bridge, "holds")).queue.inFlight > 0,
		"the call is not in flight",
	);
	cancelled.abort();
	await call.catch(() => {});
	const opened = await post(at("sessions"), initializeRequest());
	const id = opened.headers.get("mcp-session-id") ?? "";
	await fetch(at("sessions"), {
		method: "DELETE",
		headers: { "mcp-session-id": id },
	});
	await eventually(async () => {
		samples = await samplesOf(bridge);
		return sumOf(samples, "children_stopped_total") > 0;
	}, "no child is stopped");
	client.close();
});

describe("a scrape", () => {
	test.each<[string, string, Record<string, string>]>([
		["well", "requests_total", { method: "other", outcome: "invalid" }],
		["dies", "requests_total", { outcome: "unavailable" }],
		["hangs", "requests_total", { outcome: "timeout" }],
		["holds", "requests_total", { outcome: "cancelled" }],
		["well", "requests_refused_total", { reason: "parse-error" }],
		["well", "tool_calls_total", { tool: "echo" }],
		["says", "messages_repaired_total", { kind: "leading-bytes" }],
		["says", "messages_dropped_total", { kind: "answer-under-unknown-id" }],
		["dies", "children_failed_total", { code: "CHILD_EXITED" }],
		["hangs", "limit_reached_total", { limit: "requestTimeoutMs" }],
		["fails", "server_state", { state: "failed" }],
		["sessions", "children_stopped_total", { by: "stdin-eof" }],
	])("of %s has one in %s for %j", (server, name, labels) => {
		expect(sumOf(samples, name, { server, ...labels })).toBe(1);
	});

	test("has the failures, the lines that were skipped, and the bounds that are set", () => {
		const fails = { server: "fails" };
		expect(sumOf(samples, "server_failures", fails)).toBe(2);
		expect(sumOf(samples, "children_failed_total", fails)).toBe(2);
		expect(
			sumOf(samples, "requests_total", { ...fails, outcome: "unavailable" }),
		).toBe(2);
		expect(
			sumOf(samples, "noise_lines_total", { server: "well" }),
		).toBeGreaterThan(0);
		const limit = { server: "well", limit: "maxQueue" };
		expect(sumOf(samples, "limit", limit)).toBe(1024);
	});

	test("has the answer's time in the bucket that it belongs to", () => {
		const of = { server: "hangs", method: "tools/call" };
		const upTo = (le: string) =>
			sumOf(samples, "request_duration_seconds_bucket", { ...of, le });
		expect(upTo("120")).toBe(1);
		expect(upTo("0.025")).toBe(0);
	});
});

/** Every metric, label and value that an expression names is in the scrape; Prometheus itself adds `up`, `job` and `instance`. */
function expectKnown(expression: string) {
	const { metrics, labels, values } = namesOf(expression);
	expect(metrics).not.toEqual([]);
	const found = metrics.map((metric) =>
		samples.filter(({ name }) => name === metric),
	);
	for (const [at, metric] of metrics.entries()) {
		if (metric !== "up") expect(found[at], metric).not.toEqual([]);
	}
	const known = new Set(
		found.flat().flatMap((sample) => Object.keys(sample.labels)),
	);
	for (const label of labels) {
		if (label === "job" || label === "instance") continue;
		expect(known, expression).toContain(label);
	}
	for (const { label, value } of values) {
		if (label === "job") expect(value).toBe("mcp-edge-bridge");
		else if (value.startsWith("$")) {
			expect(variables.map(({ name }) => `$${name}`)).toContain(value);
		} else {
			const all = found.flat().map((sample) => sample.labels[label]);
			expect(all, expression).toContain(value);
		}
	}
	return known;
}

describe("the alert rules", () => {
	test.each(rules)("$alert asks for what there is", ({ expr, annotations }) => {
		const known = expectKnown(expr);
		for (const [, label = ""] of annotations.summary.matchAll(
			/\$labels\.(\w+)/g,
		)) {
			if (label !== "instance") expect(known).toContain(label);
		}
	});

	test("say where the page is that says what to do, and have a part of it each", () => {
		const page = read("docs/operations.md");
		const part = page.slice(page.indexOf("\n## Alerts\n"));
		const headings = [...part.matchAll(/^### (\w+)$/gm)].map(
			([, heading]) => heading,
		);
		expect(headings).toEqual(rules.map(({ alert }) => alert));
		for (const { alert, annotations } of rules) {
			expect(annotations.runbook).toBe(
				`docs/operations.md#${alert.toLowerCase()}`,
			);
		}
	});

	test("belong to the job that is scraped", () => {
		const config = parse(
			read("wrangler-free-deploy/prometheus/prometheus.yml"),
		);
		expect(config.rule_files).toEqual(["alerts.yml"]);
		expect(config.scrape_configs).toMatchObject([
			{ job_name: "mcp-edge-bridge" },
		]);
	});
});

describe("the dashboard", () => {
	/** As Grafana writes it before it asks. */
	const expand = (expr: string) => expr.replaceAll("$__rate_interval", "1m");

	test.each(queries)("asks for what there is: $title, $expr", ({
		expr,
		legendFormat,
	}) => {
		const known = expectKnown(expand(expr));
		for (const [, label = ""] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
			if (label !== "instance") expect(known).toContain(label);
		}
	});

	test.each(variables)("has values for $name", ({ definition }) => {
		const [, expr = "", label] =
			/^label_values\((.*), (\w+)\)$/.exec(definition) ?? [];
		const known = expectKnown(expr);
		if (label !== "instance") expect(known).toContain(label);
	});

	test("shows every metric, but for what is said of the process", () => {
		const shown = new Set(
			queries.flatMap(({ expr }) => namesOf(expand(expr)).metrics),
		);
		const left = samples
			.map(({ name }) => name.replace(/_(sum|count)$/, "_bucket"))
			.filter((name) => !shown.has(name))
			.filter((name) => !shown.has(name.replace("_bucket", "_sum")));
		expect(new Set(left)).toEqual(
			new Set([
				"mcp_edge_bridge_build_info",
				"mcp_edge_bridge_server_failures",
				"process_start_time_seconds",
			]),
		);
	});
});
