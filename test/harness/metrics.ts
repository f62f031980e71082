import type { Bridge } from "./start-bridge.ts";

type Address = Pick<Bridge, "url">;
type Labels = Record<string, string>;

/** One line of GET /metrics that is a value. */
export interface Sample {
	/** Without the prefix of the bridge. */
	name: string;
	labels: Labels;
	value: number;
}

const prefix = "mcp_edge_bridge_";
const line = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/;

/** Every value of GET /metrics. */
export async function samplesOf(bridge: Address): Promise<Sample[]> {
	const response = await fetch(`${bridge.url}/metrics`);
	const text = await response.text();
	if (response.status !== 200)
		throw new Error(`GET /metrics: HTTP ${response.status}: ${text}`);
	return text
		.split("\n")
		.filter((each) => each !== "" && !each.startsWith("#"))
		.map((each) => {
			const [, name = "", labels = "", value] = line.exec(each) ?? [];
			if (!name.startsWith(prefix))
				throw new Error(`Not a metric of the bridge: ${each}`);
			return {
				name: name.slice(prefix.length),
				labels: Object.fromEntries(
					[...labels.matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, key, text]) => [
						key,
						text,
					]),
				),
				value: Number(value),
			};
		});
}

/** The sum of a metric's values that have these labels, whatever others they have. */
export async function metric(
	bridge: Address,
	name: string,
	labels: Labels = {},
): Promise<number> {
	return (await samplesOf(bridge))
		.filter(
			(sample) =>
				sample.name === name &&
				Object.entries(labels).every(
					([key, value]) => sample.labels[key] === value,
				),
		)
		.reduce((sum, { value }) => sum + value, 0);
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
