import { Histogram } from "../../../protocol/histogram.ts";
import { isMembers } from "../../../protocol/messages.ts";
import type {
	Answered,
	Observer,
	Refused,
	Responded,
	SessionNote,
} from "../../observer.ts";
import {
	httpMethodLabel,
	methodLabel,
	type OutcomeLabel,
	other,
	outcomeLabel,
	outcomeLabels,
	refusalLabel,
	routeLabel,
} from "./request-labels.ts";

/** Tools of one server that are told apart. */
export const maxTools = 100;
/** Characters of the name of one that is: as many as the specification allows (2025-11-25, server/tools, 'Tool Names'). */
const longestTool = 128;

/** Upper bounds of the time that a request takes, in s. */
const requestSeconds = [
	...[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5],
	...[1, 2.5, 5, 10, 30, 60, 120],
];

/** Requests of one method. */
export interface MethodCounts {
	outcomes: Map<OutcomeLabel, number>;
	/** In s. */
	durations: Histogram;
}

/** Calls of one tool. */
export interface ToolCounts {
	outcomes: Map<OutcomeLabel, number>;
	seconds: number;
	calls: number;
}

/** HTTP responses that are the same but for what is in them. */
export interface ResponseCount {
	route: string;
	method: string;
	status: number;
	count: number;
}

/** What was counted of one server. */
export class ServerCounts {
	readonly methods = new Map<string, MethodCounts>();
	/** By name; those that it lists, and the others together. */
	readonly tools = new Map<string, ToolCounts>([[other, noCalls()]]);
	readonly refusals = new Map<string, number>();
	readonly sessionsOpened = new Map<string, number>();
	/** Few, so that to look them all through is faster than a text to find one by. */
	readonly responses: ResponseCount[] = [];
}

/** Counts what passes through the HTTP surface, in plain numbers: nothing here depends on how often it is asked for. */
export class RequestCounts implements Observer {
	readonly watchesRequests = true;
	/** By name; `""` has the requests that name no server. */
	readonly #servers = new Map<string, ServerCounts>();

	entries(): Iterable<[string, ServerCounts]> {
		return this.#servers.entries();
	}

	/** Forgets the servers that are gone. */
	keepOnly(names: readonly string[]): void {
		const kept = new Set(names).add("");
		for (const name of this.#servers.keys()) {
			if (!kept.has(name)) this.#servers.delete(name);
		}
	}

	answered(answered: Answered): void {
		const { method, name, ms } = answered;
		const counts = this.#of(answered.server);
		const outcome = outcomeLabel(answered);
		const label = methodLabel(method);
		let ofMethod = counts.methods.get(label);
		if (!ofMethod) {
			const durations = new Histogram(requestSeconds);
			// What a counter has when it appears is no increase to Prometheus, so each outcome is there from the first on.
			const outcomes = new Map(outcomeLabels.map((label) => [label, 0]));
			ofMethod = { outcomes, durations };
			counts.methods.set(label, ofMethod);
		}
		increment(ofMethod.outcomes, outcome);
		// That one is open for as long as its client likes.
		if (method !== "subscriptions/listen") {
			ofMethod.durations.observe(ms / 1000);
		}
		if (method !== "tools/call") return;
		const ofTool =
			(name !== undefined && counts.tools.get(name)) || counts.tools.get(other);
		if (!ofTool) return;
		increment(ofTool.outcomes, outcome);
		ofTool.seconds += ms / 1000;
		ofTool.calls++;
	}

	/** Only what a server lists is a tool of it: clients may call anything by any name. */
	toolsListed(server: string, tools: readonly unknown[]): void {
		const known = this.#of(server).tools;
		for (const tool of tools) {
			// The others are one more.
			if (known.size > maxTools) return;
			const name = isMembers(tool) ? tool.name : undefined;
			if (typeof name !== "string" || name.length > longestTool) continue;
			if (!known.has(name)) known.set(name, noCalls());
		}
	}

	refused(refused: Refused): void {
		increment(this.#of(refused.server).refusals, refusalLabel(refused));
	}

	responded(responded: Responded): void {
		const { responses } = this.#of(responded.server);
		const { status } = responded;
		const method = httpMethodLabel(responded);
		const route = routeLabel(responded);
		const found = responses.find(
			(each) =>
				each.status === status &&
				each.route === route &&
				each.method === method,
		);
		if (found) found.count++;
		else responses.push({ route, method, status, count: 1 });
	}

	sessionOpened({ server, transport }: SessionNote): void {
		increment(this.#of(server).sessionsOpened, transport);
	}

	/** How many there are is known elsewhere. */
	sessionEnded(): void {}

	#of(server = ""): ServerCounts {
		let counts = this.#servers.get(server);
		if (!counts) {
			counts = new ServerCounts();
			this.#servers.set(server, counts);
		}
		return counts;
	}
}

function increment<T>(counts: Map<T, number>, key: T): void {
	counts.set(key, (counts.get(key) ?? 0) + 1);
}

function noCalls(): ToolCounts {
	return { outcomes: new Map(), seconds: 0, calls: 0 };
}
