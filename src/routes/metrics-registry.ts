import { Counter, Gauge, Registry } from "prom-client";
import type { RouteContext, ServerMetrics } from "./route-context.ts";

const prefix = "mcp_edge_bridge_";

/** The figures of a bridge for Prometheus. Nothing is counted twice: they are taken when they are asked for. */
export function metricsRegistry(context: RouteContext): Registry {
	const registry = new Registry();
	const registers = [registry];
	const perServer = (
		kind: typeof Gauge | typeof Counter,
		name: string,
		help: string,
		value: (metrics: ServerMetrics) => number,
	) => {
		new kind({
			name: prefix + name,
			help,
			registers,
			labelNames: ["server"],
			collect() {
				this.reset();
				for (const served of context.all()) {
					this.inc({ server: served.name }, value(served.metrics()));
				}
			},
		});
	};
	const perKind = (
		name: string,
		help: string,
		label: string,
		values: (metrics: ServerMetrics) => Record<string, number>,
	) => {
		new Counter({
			name: prefix + name,
			help,
			registers,
			labelNames: ["server", label],
			collect() {
				this.reset();
				for (const served of context.all()) {
					const entries = Object.entries(values(served.metrics()));
					for (const [key, value] of entries) {
						this.inc({ server: served.name, [label]: key }, value);
					}
				}
			},
		});
	};

	new Gauge({
		name: `${prefix}sessions`,
		help: "Open sessions",
		registers,
		labelNames: ["transport"],
		collect() {
			this.set({ transport: "streamable" }, context.sessions.size);
			this.set({ transport: "sse" }, context.sseSessions.size);
		},
	});
	new Gauge({
		name: `${prefix}streams`,
		help: "Open event streams",
		registers,
		collect() {
			this.set(context.streams.keepAlive.size);
		},
	});
	perServer(
		Gauge,
		"requests_unanswered",
		"Requests of clients that are not answered yet",
		({ unanswered }) => unanswered,
	);
	perServer(
		Gauge,
		"requests_in_flight",
		"Requests that a child has and has not answered yet",
		({ inFlight }) => inFlight,
	);
	perServer(
		Gauge,
		"requests_waiting",
		"Messages that wait for a child",
		({ waiting }) => waiting,
	);
	perServer(
		Gauge,
		"calls_suspended",
		"Calls that wait for what their client answers",
		({ suspendedCalls }) => suspendedCalls,
	);
	perServer(
		Gauge,
		"children",
		"Processes that are starting, ready or being ended",
		({ children }) => children,
	);
	perServer(
		Counter,
		"children_started_total",
		"Processes started",
		({ spawned }) => spawned,
	);
	perServer(
		Counter,
		"noise_lines_total",
		"Lines on stdout that were no message",
		({ noiseLines }) => noiseLines,
	);
	perServer(
		Counter,
		"requests_retried_total",
		"Requests that were sent to another child after theirs had died",
		({ retried }) => retried,
	);
	perKind(
		"messages_repaired_total",
		"Messages on stdout that broke the rules and could be read all the same, by what was wrong",
		"kind",
		({ repaired }) => repaired,
	);
	perKind(
		"messages_dropped_total",
		"Messages that had nobody to go to",
		"kind",
		({ dropped }) => dropped,
	);
	perKind(
		"limit_reached_total",
		"Times that a bound was reached, by the option that sets it",
		"limit",
		({ limitsReached }) => limitsReached,
	);

	return registry;
}
