import { bridgeFamilies } from "./bridge-families.ts";
import type { Family } from "./family.ts";
import { serverFamilies } from "./server-families.ts";
import { trafficFamilies } from "./traffic-families.ts";

/** Every metric that there is. The table of docs/metrics.md says the same. */
export const metricFamilies: readonly Family[] = [
	...trafficFamilies,
	...serverFamilies,
	...bridgeFamilies,
];
