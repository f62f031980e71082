import { OTLPExporterBase } from "@opentelemetry/otlp-exporter-base";
import {
	convertLegacyHttpOptions,
	createOtlpHttpExportDelegate,
} from "@opentelemetry/otlp-exporter-base/node-http";
import {
	JsonTraceSerializer,
	TraceExporterMetricsHelper,
} from "@opentelemetry/otlp-transformer";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import { otlpProtobuf } from "./otlp-protobuf.ts";
import type { Protocol } from "./trace-settings.ts";

/** Sends spans to a collector, as the `OTEL_EXPORTER_OTLP_…` variables say, and tries again for a while where it cannot. */
export function otlpExporter(protocol: Protocol): SpanExporter {
	const isJson = protocol === "http/json";
	return new OTLPExporterBase(
		createOtlpHttpExportDelegate(
			convertLegacyHttpOptions({}, "TRACES", "v1/traces", {
				"Content-Type": isJson ? "application/json" : "application/x-protobuf",
			}),
			isJson ? JsonTraceSerializer : otlpProtobuf(),
			isJson ? "otlp_http_json_span_exporter" : "otlp_http_span_exporter",
			TraceExporterMetricsHelper,
			undefined,
		),
	);
}
