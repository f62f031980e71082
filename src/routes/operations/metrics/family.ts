import type { Histogram } from "../../../protocol/histogram.ts";
import type { RouteContext, ServerMetrics } from "../../route-context.ts";
import type { ServerCounts } from "./request-counts.ts";

/** One value. */
export interface Sample {
	/** Of the name, where a family has several values for the same labels. */
	suffix?: "_bucket" | "_sum" | "_count";
	labels: Readonly<Record<string, string | number>>;
	value: number;
}

/** A metric, whatever labels its values have. */
export interface Family {
	name: string;
	/** A summary has a sum and a count, and no quantiles. */
	type: "counter" | "gauge" | "histogram" | "summary";
	help: string;
	/** The bounds of a histogram, `le`, are not among them. */
	labels: readonly string[];
	collect(scrape: Scrape): Iterable<Sample>;
}

/** One server, looked at once. */
export interface ScrapedServer extends ServerMetrics {
	name: string;
	state: string;
	/** Starts and children that failed in a row. */
	failures: number;
}

/** What the values are taken from. */
export interface Scrape {
	context: RouteContext;
	servers: readonly ScrapedServer[];
	/** What was counted of each server, and under `""` of requests that name none. */
	counts: readonly (readonly [string, ServerCounts])[];
}

/** Looks at everything once, for all metrics. */
export function scrapeOf(context: RouteContext): Scrape {
	const all = context.all();
	context.counts.keepOnly(all.map(({ name }) => name));
	return {
		context,
		servers: all.map((served) => ({
			...served.metrics(),
			name: served.name,
			state: served.status().state,
			failures: served.failure?.failures ?? 0,
		})),
		counts: [...context.counts.entries()],
	};
}

/** A histogram's values. */
export function* samplesOf(
	histogram: Histogram,
	labels: Sample["labels"],
): Iterable<Sample> {
	let last = 0;
	for (const { bound, count } of histogram.buckets) {
		const le = Number.isFinite(bound) ? bound : "+Inf";
		yield { suffix: "_bucket", labels: { ...labels, le }, value: count };
		last = count;
	}
	yield { suffix: "_sum", labels, value: histogram.sum };
	yield { suffix: "_count", labels, value: last };
}
