import {
	type DiagLogger,
	DiagLogLevel,
	diag,
	ROOT_CONTEXT,
	type SpanContext,
} from "@opentelemetry/api";
import { setGlobalErrorHandler } from "@opentelemetry/core";
import {
	defaultResource,
	detectResources,
	envDetector,
	resourceFromAttributes,
} from "@opentelemetry/resources";
import {
	BatchSpanProcessor,
	ConsoleSpanExporter,
	type ReadableSpan,
	SamplingDecision,
	type SpanExporter,
	TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace";
import type { Logger } from "pino";
import { version } from "../version.ts";
import { SpanShapes } from "./span-shapes.ts";
import { traceObserver } from "./trace-observer.ts";
import type {
	ExporterName,
	SamplerSettings,
	TraceSettings,
} from "./trace-settings.ts";
import type { Traces } from "./traces.ts";
import { warnSometimes } from "./warn-sometimes.ts";

const scope = { name: "mcp-edge-bridge", version };

/** Starts to make spans and to send them; what goes wrong with that is logged, and nothing else suffers from it. */
export async function startTraces(
	settings: TraceSettings,
	log: Logger,
): Promise<Traces> {
	const warn = warnSometimes(log);
	diag.setLogger(diagLogger(warn), {
		logLevel: DiagLogLevel.WARN,
		suppressOverrideMessage: true,
	});
	setGlobalErrorHandler((error) => warn("spans could not be sent", error));
	const exporters = await Promise.all(
		settings.exporters.map((name) => exporterOf(name, settings)),
	);
	const processors = exporters.map(
		(exporter) =>
			new BatchSpanProcessor({
				exporter,
				maxQueueSize: settings.maxQueueSize,
				maxExportBatchSize: settings.maxExportBatchSize,
				scheduledDelayMillis: settings.scheduledDelayMs,
				exportTimeoutMillis: settings.exportTimeoutMs,
			}),
	);
	const resource = defaultResource()
		.merge(
			resourceFromAttributes({
				"service.name": scope.name,
				"service.version": version,
			}),
		)
		.merge(detectResources({ detectors: [envDetector] }));
	const observer = traceObserver({
		origin: { resource, instrumentationScope: scope },
		propagates: settings.propagates,
		shapes: new SpanShapes(),
		isSampled: samplerFor(settings.sampler),
		ended: (span) => {
			for (const processor of processors) processor.onEnd(span as ReadableSpan);
		},
	});
	log.info({ exporters: settings.exporters }, "traces are on");
	return {
		observer,
		async close(graceMs) {
			let timer: NodeJS.Timeout | undefined;
			const grace = new Promise<void>((resolve) => {
				timer = setTimeout(() => {
					log.warn(
						`spans could not be sent within ${graceMs / 1000} s: they are lost`,
					);
					resolve();
				}, graceMs);
			});
			const sent = Promise.all(processors.map((each) => each.shutdown())).then(
				() => {},
				(error) => log.warn({ err: error }, "the last spans could not be sent"),
			);
			await Promise.race([sent, grace]);
			clearTimeout(timer);
		},
	};
}

async function exporterOf(
	name: ExporterName,
	{ protocol }: TraceSettings,
): Promise<SpanExporter> {
	if (name === "console") return new ConsoleSpanExporter();
	const { otlpExporter } = await import("./otlp-exporter.ts");
	return otlpExporter(protocol);
}

function samplerFor({
	ratio,
	isParentBased,
}: SamplerSettings): (
	traceId: string,
	parent: SpanContext | undefined,
) => boolean {
	const root = new TraceIdRatioBasedSampler(ratio);
	return (traceId, parent) => {
		if (isParentBased && parent) return (parent.traceFlags & 1) === 1;
		if (ratio === 0 || ratio === 1) return ratio === 1;
		const { decision } = root.shouldSample(ROOT_CONTEXT, traceId);
		return decision === SamplingDecision.RECORD_AND_SAMPLED;
	};
}

/** What the packages report of themselves. */
function diagLogger(warn: (text: string, detail: unknown) => void): DiagLogger {
	const report = (text: string, ...details: unknown[]) =>
		warn(
			text,
			details.find((detail) => detail instanceof Error),
		);
	return {
		error: report,
		warn: report,
		info() {},
		debug() {},
		verbose() {},
	};
}
