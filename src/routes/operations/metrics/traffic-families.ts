import { type Family, samplesOf } from "./family.ts";

/** What passed through the HTTP surface. */
export const trafficFamilies: readonly Family[] = [
	{
		name: "mcp_edge_bridge_requests_total",
		type: "counter",
		help: "Requests of MCP that have their answer",
		labels: ["server", "method", "outcome"],
		*collect({ counts }) {
			for (const [server, { methods }] of counts) {
				for (const [method, { outcomes }] of methods) {
					for (const [outcome, value] of outcomes) {
						yield { labels: { server, method, outcome }, value };
					}
				}
			}
		},
	},
	{
		name: "mcp_edge_bridge_request_duration_seconds",
		type: "histogram",
		help: "Time from a request's coming in to its answer, subscriptions left out",
		labels: ["server", "method"],
		*collect({ counts }) {
			for (const [server, { methods }] of counts) {
				for (const [method, { durations }] of methods) {
					yield* samplesOf(durations, { server, method });
				}
			}
		},
	},
	{
		name: "mcp_edge_bridge_tool_calls_total",
		type: "counter",
		help: "Calls of tools that have their answer",
		labels: ["server", "tool", "outcome"],
		*collect({ counts }) {
			for (const [server, { tools }] of counts) {
				for (const [tool, { outcomes }] of tools) {
					for (const [outcome, value] of outcomes) {
						yield { labels: { server, tool, outcome }, value };
					}
				}
			}
		},
	},
	{
		name: "mcp_edge_bridge_tool_call_duration_seconds",
		type: "summary",
		help: "Time from a tool call's coming in to its answer",
		labels: ["server", "tool"],
		*collect({ counts }) {
			for (const [server, { tools }] of counts) {
				for (const [tool, { seconds, calls }] of tools) {
					if (calls === 0) continue;
					const labels = { server, tool };
					yield { suffix: "_sum", labels, value: seconds };
					yield { suffix: "_count", labels, value: calls };
				}
			}
		},
	},
	{
		name: "mcp_edge_bridge_http_responses_total",
		type: "counter",
		help: "HTTP responses that have begun",
		labels: ["server", "route", "method", "status"],
		*collect({ counts }) {
			for (const [server, { responses }] of counts) {
				for (const { route, method, status, count } of responses) {
					yield { labels: { server, route, method, status }, value: count };
				}
			}
		},
	},
	{
		name: "mcp_edge_bridge_requests_refused_total",
		type: "counter",
		help: "Requests of HTTP that were refused, and those that HTTP+SSE refuses on the stream",
		labels: ["server", "reason"],
		*collect({ counts }) {
			for (const [server, { refusals }] of counts) {
				for (const [reason, value] of refusals) {
					yield { labels: { server, reason }, value };
				}
			}
		},
	},
	{
		name: "mcp_edge_bridge_sessions_opened_total",
		type: "counter",
		help: "Sessions that began, or were taken up from another bridge",
		labels: ["server", "transport"],
		*collect({ counts }) {
			for (const [server, { sessionsOpened }] of counts) {
				for (const [transport, value] of sessionsOpened) {
					yield { labels: { server, transport }, value };
				}
			}
		},
	},
];
