import { type Metric, Registry } from "prom-client";
import type { RouteContext } from "../../route-context.ts";
import { type Family, type Scrape, scrapeOf } from "./family.ts";
import { metricFamilies } from "./metric-families.ts";

/** All figures of a bridge, as they are now. */
export function metricsRegistry(context: RouteContext): Registry {
	const scrape = scrapeOf(context);
	const registry = new Registry();
	for (const family of metricFamilies) {
		registry.registerMetric(metricOf(family, scrape));
	}
	return registry;
}

/**
 * A family as the registry takes it: of a metric it uses no more than this. Its
 * own kinds look a value up by a text made of all labels, each time that one is
 * counted, which costs several times what plain numbers do.
 */
function metricOf(
	{ name, type, help, collect }: Family,
	scrape: Scrape,
): Metric {
	const get = async () => {
		const samples = [...collect(scrape)];
		const values = samples.map(({ suffix = "", labels, value }) => ({
			metricName: name + suffix,
			labels,
			value,
		}));
		return { name, help, type, values };
	};
	return { name, help, type, get } as unknown as Metric;
}
