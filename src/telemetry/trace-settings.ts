/** The environment variables of OpenTelemetry, as far as they are about traces. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where spans go. */
export type ExporterName = "otlp" | "console";

/** How spans travel to a collector. */
export type Protocol = "http/protobuf" | "http/json";

/** How it is decided which traces are recorded. */
export interface SamplerSettings {
	/** What is decided where no parent has: the share of traces, 0 to 1. */
	ratio: number;
	/** The decision of the parent holds where there is one. */
	isParentBased: boolean;
}

/** What is done with spans. */
export interface TraceSettings {
	exporters: ExporterName[];
	protocol: Protocol;
	sampler: SamplerSettings;
	/** Whether `traceparent` and `tracestate`, and whether `baggage`, are continued. */
	propagates: { traceContext: boolean; baggage: boolean };
	/** Spans that wait for their export; what is more is dropped and counted. */
	maxQueueSize: number;
	maxExportBatchSize: number;
	scheduledDelayMs: number;
	exportTimeoutMs: number;
}

/** What the environment says, and what about it is without effect. */
export interface ReadTraceSettings {
	/** Undefined where no spans are made. */
	settings: TraceSettings | undefined;
	warnings: string[];
}

/**
 * Reads what OpenTelemetry's specification names ('Environment Variable
 * Specification'). Spans are made only where an exporter or an endpoint is
 * named. What is not known is warned about and left out, as it demands. Pure.
 */
export function readTraceSettings(environment: Environment): ReadTraceSettings {
	const warnings: string[] = [];
	const get = (name: string) => environment[name]?.trim() || undefined;
	const off = { settings: undefined, warnings };
	if (get("OTEL_SDK_DISABLED")?.toLowerCase() === "true") return off;

	const endpoint =
		get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") ??
		get("OTEL_EXPORTER_OTLP_ENDPOINT");
	const named = listOf(get("OTEL_TRACES_EXPORTER") ?? (endpoint && "otlp"));
	const exporters = named.filter(isExporter);
	for (const name of named) {
		if (isExporter(name) || name === "none") continue;
		warnings.push(
			`OTEL_TRACES_EXPORTER names "${name}", which the bridge does not have (otlp, console or none)`,
		);
	}
	if (named.includes("none") || exporters.length === 0) {
		const idle = named.length === 0 ? withoutEndpoint.filter(get) : [];
		if (idle.length > 0) {
			warnings.push(
				`${idle.join(", ")}: without effect, since there are no traces (set OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_TRACES_EXPORTER)`,
			);
		}
		return off;
	}

	const [protocolName, protocol] = protocolOf(get);
	if (!isProtocol(protocol) && exporters.includes("otlp")) {
		warnings.push(
			`no traces are sent: ${protocolName} is "${protocol}", which the bridge does not speak (set http/protobuf or http/json, and the endpoint of the collector for that, whose port is mostly 4318)`,
		);
		exporters.splice(exporters.indexOf("otlp"), 1);
		if (exporters.length === 0) return off;
	}
	const unserved = Object.keys(environment).filter(
		(name) => isUnserved(name) && get(name) !== undefined,
	);
	if (unserved.length > 0) {
		warnings.push(
			`${unserved.sort().join(", ")}: not known to the bridge, and without effect`,
		);
	}
	const number = (name: string, preset: number, least = 1): number => {
		const text = get(name);
		if (text === undefined) return preset;
		const value = Number(text);
		if (Number.isInteger(value) && value >= least) return value;
		warnings.push(
			`${name} is "${text}", which is no integer of at least ${least}: ${preset} is taken`,
		);
		return preset;
	};
	const maxQueueSize = number("OTEL_BSP_MAX_QUEUE_SIZE", 2048);
	return {
		settings: {
			exporters,
			protocol: isProtocol(protocol) ? protocol : "http/protobuf",
			sampler: samplerOf(get, warnings),
			propagates: propagationOf(get("OTEL_PROPAGATORS"), warnings),
			maxQueueSize,
			maxExportBatchSize: Math.min(
				maxQueueSize,
				number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512),
			),
			scheduledDelayMs: number("OTEL_BSP_SCHEDULE_DELAY", 5000, 0),
			exportTimeoutMs: number("OTEL_BSP_EXPORT_TIMEOUT", 30_000),
		},
		warnings,
	};
}

type Get = (name: string) => string | undefined;

function protocolOf(get: Get): [name: string, protocol: string] {
	for (const name of [
		"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
		"OTEL_EXPORTER_OTLP_PROTOCOL",
	]) {
		const protocol = get(name);
		if (protocol !== undefined) return [name, protocol];
	}
	return ["OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"];
}

/** The samplers that the specification names, by what decides where no parent does. */
const samplers: Readonly<Record<string, "on" | "off" | "ratio">> = {
	always_on: "on",
	always_off: "off",
	traceidratio: "ratio",
};

function samplerOf(get: Get, warnings: string[]): SamplerSettings {
	const name = get("OTEL_TRACES_SAMPLER") ?? "parentbased_always_on";
	const isParentBased = name.startsWith("parentbased_");
	const root = name.replace(/^parentbased_/, "");
	const kind = Object.hasOwn(samplers, root) ? samplers[root] : undefined;
	const argument = get("OTEL_TRACES_SAMPLER_ARG");
	if (kind === undefined) {
		warnings.push(
			`OTEL_TRACES_SAMPLER is "${name}", which the bridge does not have: parentbased_always_on is taken`,
		);
		return { ratio: 1, isParentBased: true };
	}
	if (kind !== "ratio") {
		if (argument !== undefined) {
			warnings.push(
				`OTEL_TRACES_SAMPLER_ARG: without effect, since the sampler is ${name}`,
			);
		}
		return { ratio: kind === "on" ? 1 : 0, isParentBased };
	}
	const ratio = Number(argument ?? 1);
	if (ratio >= 0 && ratio <= 1) return { ratio, isParentBased };
	warnings.push(
		`OTEL_TRACES_SAMPLER_ARG is "${argument}", which is no number from 0 to 1: 1 is taken`,
	);
	return { ratio: 1, isParentBased };
}

function propagationOf(
	names: string | undefined,
	warnings: string[],
): TraceSettings["propagates"] {
	const named = listOf(names ?? "tracecontext,baggage");
	for (const name of named) {
		if (["tracecontext", "baggage", "none"].includes(name)) continue;
		warnings.push(
			`OTEL_PROPAGATORS names "${name}", which the bridge does not have (tracecontext, baggage or none)`,
		);
	}
	const has = (name: string) => !named.includes("none") && named.includes(name);
	return { traceContext: has("tracecontext"), baggage: has("baggage") };
}

function listOf(text: string | undefined): string[] {
	return [
		...new Set((text ?? "").split(",").map((name) => name.trim())),
	].filter((name) => name !== "");
}

function isExporter(name: string): name is ExporterName {
	return name === "otlp" || name === "console";
}

function isProtocol(name: string): name is Protocol {
	return name === "http/protobuf" || name === "http/json";
}

/** Who sets these wants traces. */
const withoutEndpoint = [
	"OTEL_TRACES_SAMPLER",
	"OTEL_EXPORTER_OTLP_PROTOCOL",
	"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
	"OTEL_EXPORTER_OTLP_HEADERS",
	"OTEL_EXPORTER_OTLP_TRACES_HEADERS",
];

/** Of this module, of the exporter and of the resource; metrics and logs are none of theirs. */
const served =
	/^OTEL_(?:SDK_DISABLED|SERVICE_NAME|RESOURCE_ATTRIBUTES|PROPAGATORS|TRACES_(?:EXPORTER|SAMPLER|SAMPLER_ARG)|BSP_(?:MAX_QUEUE_SIZE|MAX_EXPORT_BATCH_SIZE|SCHEDULE_DELAY|EXPORT_TIMEOUT)|EXPORTER_OTLP_(?:TRACES_)?(?:ENDPOINT|PROTOCOL|HEADERS|TIMEOUT|COMPRESSION|CERTIFICATE|CLIENT_KEY|CLIENT_CERTIFICATE))$/;
const ofOthers =
	/^OTEL_(?:.*_)?(?:METRICS?|METRIC|LOGS?|BLRP|LOGRECORD)(?:_|$)/;

function isUnserved(name: string): boolean {
	return name.startsWith("OTEL_") && !served.test(name) && !ofOthers.test(name);
}
