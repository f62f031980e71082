import type { ExitCode } from "../../../protocol/wire.ts";
import { type Family, type ScrapedServer, samplesOf } from "./family.ts";

/** States that a server can be in. */
export const serverStates = [
	"idle",
	"queued",
	"starting",
	"ready",
	"stopping",
	"waiting",
	"failed",
	"stopped",
] as const;

/** There from the start: what a counter has when it appears is no increase to Prometheus. */
const noFailures = {
	CHILD_EXITED: 0,
	COMMAND_NOT_FOUND: 0,
	COMMAND_NOT_RUNNABLE: 0,
	CWD_NOT_FOUND: 0,
	START_TIMEOUT: 0,
	INITIALIZE_REFUSED: 0,
	REVISION_NOT_SERVED: 0,
} satisfies Partial<Record<ExitCode, number>>;

/** How each server is, and what happened to its children and to what they wrote. */
export const serverFamilies: readonly Family[] = [
	{
		name: "mcp_edge_bridge_server_state",
		type: "gauge",
		help: "1 for the state that a server is in, 0 for the others",
		labels: ["server", "state"],
		*collect({ servers }) {
			for (const { name, state: current } of servers) {
				for (const state of serverStates) {
					const value = state === current ? 1 : 0;
					yield { labels: { server: name, state }, value };
				}
			}
		},
	},
	perServer(
		"gauge",
		"server_failures",
		"Children that failed in a row, none where one is ready",
		({ failures }) => failures,
	),
	perServer(
		"gauge",
		"requests_unanswered",
		"Requests of clients that are not answered yet",
		({ unanswered }) => unanswered,
	),
	perServer(
		"gauge",
		"requests_in_flight",
		"Requests that a child has and has not answered yet",
		({ inFlight }) => inFlight,
	),
	perServer(
		"gauge",
		"requests_waiting",
		"Messages that wait for a child, of all its children",
		({ waiting }) => waiting,
	),
	perServer(
		"gauge",
		"longest_queue",
		"Messages in the longest line that waits for one child",
		({ longestQueue }) => longestQueue,
	),
	perServer(
		"gauge",
		"calls_suspended",
		"Calls that wait for what their client answers",
		({ suspendedCalls }) => suspendedCalls,
	),
	perServer(
		"gauge",
		"children",
		"Processes that are starting, ready or being ended, spares left out",
		({ children }) => children,
	),
	perServer(
		"counter",
		"children_started_total",
		"Processes started",
		({ spawned }) => spawned,
	),
	perKey(
		"children_failed_total",
		"Children that died or could not be started, by the code that /status has for the reason",
		"code",
		({ childFailures }) => ({ ...noFailures, ...childFailures }),
	),
	perKey(
		"children_stopped_total",
		"Children that the bridge ended, by what they ended at",
		"by",
		({ stops }) => stops,
	),
	{
		name: "mcp_edge_bridge_child_start_duration_seconds",
		type: "histogram",
		help: "Time from a child's start to its answer to initialize, of those that got ready",
		labels: ["server"],
		*collect({ servers }) {
			for (const { name: server, startTimes } of servers) {
				if (startTimes) yield* samplesOf(startTimes, { server });
			}
		},
	},
	perServer(
		"counter",
		"requests_retried_total",
		"Requests that were sent to another child after theirs had died",
		({ retried }) => retried,
	),
	perServer(
		"counter",
		"noise_lines_total",
		"Lines on stdout that were skipped, since they were no message",
		({ noiseLines }) => noiseLines,
	),
	perKey(
		"messages_repaired_total",
		"Messages on stdout that broke the rules and could be read all the same, by what was wrong",
		"kind",
		({ repaired }) => repaired,
	),
	perKey(
		"messages_dropped_total",
		"Messages that had nobody to go to",
		"kind",
		({ dropped }) => dropped,
	),
	perKey(
		"limit_reached_total",
		"Times that a bound was reached, by the option that sets it",
		"limit",
		({ limitsReached }) => limitsReached,
	),
];

function perServer(
	type: "gauge" | "counter",
	name: string,
	help: string,
	value: (server: ScrapedServer) => number,
): Family {
	return {
		name: `mcp_edge_bridge_${name}`,
		type,
		help,
		labels: ["server"],
		*collect({ servers }) {
			for (const server of servers) {
				yield { labels: { server: server.name }, value: value(server) };
			}
		},
	};
}

/** Counts that have a further label; what has not happened is not there. */
function perKey(
	name: string,
	help: string,
	label: string,
	values: (server: ScrapedServer) => Record<string, number>,
): Family {
	return {
		name: `mcp_edge_bridge_${name}`,
		type: "counter",
		help,
		labels: ["server", label],
		*collect({ servers }) {
			for (const server of servers) {
				for (const [key, value] of Object.entries(values(server))) {
					yield { labels: { server: server.name, [label]: key }, value };
				}
			}
		},
	};
}
