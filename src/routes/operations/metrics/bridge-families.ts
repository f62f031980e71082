import { version } from "../../../version.ts";
import type { Family } from "./family.ts";

/** The bridge itself: who is connected, its bounds, its process. */
export const bridgeFamilies: readonly Family[] = [
	{
		name: "mcp_edge_bridge_sessions",
		type: "gauge",
		help: "Open sessions",
		labels: ["server", "transport"],
		*collect({ servers, context: { sessions, sseSessions } }) {
			const stores = { streamable: sessions, sse: sseSessions };
			for (const { name: server } of servers) {
				for (const [transport, store] of Object.entries(stores)) {
					const value = store.sizeFor(server);
					yield { labels: { server, transport }, value };
				}
			}
		},
	},
	{
		name: "mcp_edge_bridge_streams",
		type: "gauge",
		help: "Open event streams",
		labels: [],
		*collect({ context }) {
			yield { labels: {}, value: context.streams.keepAlive.size };
		},
	},
	{
		name: "mcp_edge_bridge_connections",
		type: "gauge",
		help: "Open connections, on Node",
		labels: [],
		*collect({ context }) {
			const figures = context.connections();
			// Where the runtime does not tell them there are none, rather than wrong ones.
			if (figures) yield { labels: {}, value: figures.open };
		},
	},
	{
		name: "mcp_edge_bridge_connections_closed_total",
		type: "counter",
		help: "Connections that maxConnections closed, on Node: idle ones to make room, or new ones where none was idle",
		labels: ["kind"],
		*collect({ context }) {
			const figures = context.connections();
			if (!figures) return;
			yield { labels: { kind: "idle" }, value: figures.closedIdle };
			yield { labels: { kind: "refused" }, value: figures.refused };
		},
	},
	{
		name: "mcp_edge_bridge_log_lines_dropped_total",
		type: "counter",
		help: "Lines of the log that were dropped, since stderr took none",
		labels: [],
		*collect({ context }) {
			yield { labels: {}, value: context.logLinesDropped() };
		},
	},
	{
		name: "mcp_edge_bridge_guardian_missing",
		type: "gauge",
		help: "1 where the process is missing that ends the children of a killed bridge",
		labels: [],
		*collect({ context }) {
			const isMissing = context.guardian().state === "missing";
			yield { labels: {}, value: isMissing ? 1 : 0 };
		},
	},
	{
		name: "mcp_edge_bridge_guardian_restarts_total",
		type: "counter",
		help: "Times that a guardian was started in the place of another",
		labels: [],
		*collect({ context }) {
			yield { labels: {}, value: context.guardian().restarts };
		},
	},
	{
		name: "mcp_edge_bridge_limit",
		type: "gauge",
		help: "Bounds in force, by the option that sets them; without a server those of the bridge",
		labels: ["server", "limit"],
		*collect({ servers, context }) {
			const { maxSessions, maxStreams } = context.config;
			const all = [
				{ name: "", limits: { maxSessions, maxStreams } },
				...servers,
			];
			for (const { name: server, limits } of all) {
				for (const [limit, value] of Object.entries(limits)) {
					yield { labels: { server, limit }, value };
				}
			}
		},
	},
	{
		name: "mcp_edge_bridge_build_info",
		type: "gauge",
		help: "Always 1; the version of the bridge",
		labels: ["version"],
		*collect() {
			yield { labels: { version }, value: 1 };
		},
	},
	{
		name: "process_start_time_seconds",
		type: "gauge",
		help: "When the process of the bridge started, in seconds since 1970",
		labels: [],
		*collect() {
			yield { labels: {}, value: performance.timeOrigin / 1000 };
		},
	},
	{
		name: "process_cpu_seconds_total",
		type: "counter",
		help: "User and system time of the process of the bridge, without its children",
		labels: [],
		*collect() {
			const { user, system } = process.cpuUsage();
			yield { labels: {}, value: (user + system) / 1e6 };
		},
	},
	{
		name: "process_resident_memory_bytes",
		type: "gauge",
		help: "Resident memory of the process of the bridge, without its children",
		labels: [],
		*collect() {
			yield { labels: {}, value: process.memoryUsage.rss() };
		},
	},
];
