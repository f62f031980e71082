import type { Logger } from "pino";
import { type Environment, readTraceSettings } from "./trace-settings.ts";
import type { Traces } from "./traces.ts";

/** Traces as the environment asks for them; undefined, and nothing of OpenTelemetry is loaded, where it does not. */
export async function openTraces(
	environment: Environment,
	log: Logger,
): Promise<Traces | undefined> {
	const { settings, warnings } = readTraceSettings(environment);
	for (const warning of warnings) log.warn(warning);
	if (!settings) return undefined;
	try {
		// A hundred files, which take time and memory.
		const { startTraces } = await import("./start-traces.ts");
		return await startTraces(settings, log);
	} catch (err) {
		log.error({ err }, "traces cannot be started: the bridge goes on without");
		return undefined;
	}
}
