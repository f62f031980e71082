import { describe, expect, test } from "vitest";
import { readTraceSettings } from "../../src/telemetry/trace-settings.ts";

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318" };

describe("traces are off", () => {
	test.each<[string, Record<string, string>]>([
		["without any variable", {}],
		["where a variable is empty", { OTEL_EXPORTER_OTLP_ENDPOINT: " " }],
		["with a name alone", { OTEL_SERVICE_NAME: "x" }],
		["with none", { ...endpoint, OTEL_TRACES_EXPORTER: "none" }],
		["where the SDK is disabled", { ...endpoint, OTEL_SDK_DISABLED: "TRUE" }],
	])("%s, without a word", (_name, environment) => {
		expect(readTraceSettings(environment)).toEqual({
			settings: undefined,
			warnings: [],
		});
	});

	test.each<[Record<string, string>, RegExp]>([
		[{ OTEL_TRACES_EXPORTER: "zipkin" }, /names "zipkin"/],
		[{ OTEL_TRACES_SAMPLER: "always_on" }, /OTEL_TRACES_SAMPLER: without/],
		[
			{ ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" },
			/OTEL_EXPORTER_OTLP_PROTOCOL is "grpc"/,
		],
		[
			{
				...endpoint,
				OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
				OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "carrier pigeon",
			},
			/OTEL_EXPORTER_OTLP_TRACES_PROTOCOL is "carrier pigeon"/,
		],
	])("with a warning for %o", (environment, warning) => {
		const { settings, warnings } = readTraceSettings(environment);
		expect(settings).toBeUndefined();
		expect(warnings).toEqual([expect.stringMatching(warning)]);
	});
});

describe("traces are on", () => {
	test("with what OpenTelemetry presets, where an endpoint is all there is", () => {
		expect(readTraceSettings(endpoint)).toEqual({
			settings: {
				exporters: ["otlp"],
				protocol: "http/protobuf",
				sampler: { ratio: 1, isParentBased: true },
				propagates: { traceContext: true, baggage: true },
				maxQueueSize: 2048,
				maxExportBatchSize: 512,
				scheduledDelayMs: 5000,
				exportTimeoutMs: 30_000,
			},
			warnings: [],
		});
	});

	test.each<[Record<string, string>, object]>([
		[{ OTEL_TRACES_EXPORTER: "console" }, { exporters: ["console"] }],
		[
			{ OTEL_TRACES_EXPORTER: "otlp, console" },
			{ exporters: ["otlp", "console"] },
		],
		[
			{
				OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://x",
				OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
			},
			{ exporters: ["otlp"], protocol: "http/json" },
		],
		[
			{
				OTEL_TRACES_EXPORTER: "console",
				OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
				OTEL_TRACES_SAMPLER_ARG: "0.25",
			},
			{ sampler: { ratio: 0.25, isParentBased: true } },
		],
		[
			{ OTEL_TRACES_EXPORTER: "console", OTEL_TRACES_SAMPLER: "always_off" },
			{ sampler: { ratio: 0, isParentBased: false } },
		],
		[
			{ OTEL_TRACES_EXPORTER: "console", OTEL_PROPAGATORS: "tracecontext" },
			{ propagates: { traceContext: true, baggage: false } },
		],
		[
			{ OTEL_TRACES_EXPORTER: "console", OTEL_BSP_MAX_QUEUE_SIZE: "100" },
			{ maxQueueSize: 100, maxExportBatchSize: 100 },
		],
	])("as %o says", (environment, expected) => {
		const { settings, warnings } = readTraceSettings(environment);
		expect(settings).toMatchObject(expected);
		expect(warnings).toEqual([]);
	});

	test.each<[Record<string, string>, RegExp]>([
		[{ OTEL_TRACES_EXPORTER: "otlp,jaeger" }, /names "jaeger"/],
		[{ OTEL_TRACES_SAMPLER: "toString" }, /"toString", which/],
		[
			{
				OTEL_TRACES_SAMPLER: "traceidratio",
				OTEL_TRACES_SAMPLER_ARG: "half",
			},
			/"half", which is no number/,
		],
		[{ OTEL_TRACES_SAMPLER_ARG: "1" }, /without effect, since the sampler/],
		[{ OTEL_PROPAGATORS: "b3" }, /OTEL_PROPAGATORS names "b3"/],
		[{ OTEL_BSP_MAX_QUEUE_SIZE: "0" }, /no integer of at least 1: 2048/],
		[
			{ OTEL_SPAN_EVENT_COUNT_LIMIT: "1" },
			/OTEL_SPAN_EVENT_COUNT_LIMIT: not known/,
		],
	])("and %o is warned about", (environment, warning) => {
		const { settings, warnings } = readTraceSettings({
			...endpoint,
			...environment,
		});
		expect(settings).toBeDefined();
		expect(warnings).toEqual([expect.stringMatching(warning)]);
	});

	test("what is for metrics and logs is nobody's business here", () => {
		const environment = {
			...endpoint,
			OTEL_METRICS_EXPORTER: "otlp",
			OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: "http://x",
			OTEL_METRIC_EXPORT_INTERVAL: "1",
			OTEL_BLRP_SCHEDULE_DELAY: "1",
		};
		expect(readTraceSettings(environment).warnings).toEqual([]);
	});
});
