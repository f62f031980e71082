import type { Bridge } from "./start-bridge.ts";

type Address = Pick<Bridge, "url">;
type Labels = Record<string, string>;

/** One line of GET /metrics that is a value. */
export interface Sample {
	name: string;
	labels: Labels;
	value: number;
}

const prefix = "mcp_edge_bridge_";
const line = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/;
const label = /([a-z_]+)="((?:[^"\\]|\\.)*)"/g;

/** Every value of GET /metrics. */
export async function samplesOf(bridge: Address): Promise<Sample[]> {
	const response = await fetch(`${bridge.url}/metrics`);
	const text = await response.text();
	if (response.status !== 200)
		throw new Error(`GET /metrics: HTTP ${response.status}: ${text}`);
	return parseMetrics(text);
}

/** The values of the text format of Prometheus. */
export function parseMetrics(text: string): Sample[] {
	return text
		.split("\n")
		.filter((each) => each !== "" && !each.startsWith("#"))
		.map((each) => {
			const [, name = "", labels = "", value] = line.exec(each) ?? [];
			if (!name.startsWith(prefix) && !name.startsWith("process_"))
				throw new Error(`Not a metric of the bridge: ${each}`);
			return {
				name,
				labels: Object.fromEntries(
					[...labels.matchAll(label)].map(([, key, text = ""]) => [
						key,
						text.replace(/\\(.)/g, (_, of) => (of === "n" ? "\n" : of)),
					]),
				),
				value: Number(value),
			};
		});
}

/** The sum of those values that have these labels, whatever others they have. */
export function sumOf(
	samples: readonly Sample[],
	name: string,
	labels: Labels = {},
): number {
	return samples
		.filter(
			(sample) =>
				sample.name === prefix + name &&
				Object.entries(labels).every(
					([key, value]) => sample.labels[key] === value,
				),
		)
		.reduce((sum, { value }) => sum + value, 0);
}

/** The sum of a metric's values that have these labels; its name without the prefix of the bridge. */
export async function metric(
	bridge: Address,
	name: string,
	labels: Labels = {},
): Promise<number> {
	return sumOf(await samplesOf(bridge), name, labels);
}

/** How often a bound was reached so far. */
export function limitReached(
	bridge: Address,
	limit: string,
	server?: string,
): Promise<number> {
	return metric(bridge, "limit_reached_total", {
		limit,
		...(server === undefined ? {} : { server }),
	});
}
