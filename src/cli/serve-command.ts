import { Bridge } from "../bridge.ts";
import { adviceFor } from "../config/advice.ts";
import { unsetVariables } from "../config/config-error.ts";
import { ConfigFollower } from "../config/config-follower.ts";
import type { ConfigReader } from "../config/config-reader.ts";
import type { LoadedConfig } from "../config/load-any-config.ts";
import type { BridgeConfig } from "../config/resolve-config.ts";
import { watchConfig } from "../config/watch-config.ts";
import { currentRuntime } from "../runtime/current-runtime.ts";
import { type Fetch, type Listener, urlHost } from "../runtime/runtime.ts";
import { openTraces } from "../telemetry/open-traces.ts";
import { version } from "../version.ts";
import type { ProgramLog } from "./create-logger.ts";
import { endWithProcess } from "./end-with-process.ts";
import { ListenError } from "./listen-error.ts";
import { NonBlockingOutput } from "./non-blocking-output.ts";
import { type ConfigSource, fileOf } from "./read-config.ts";
import { watchStarts } from "./watch-starts.ts";

/** Longer than the 60 s after which load balancers drop idle connections, so that it is never us who closes under a request. */
const idleTimeoutMs = 75_000;

/** How long connections get at least for the last bytes, once the bridge itself has ended. */
const lastAnswersMs = 500;

/** How long a collector gets for the last spans, in ms. */
const lastSpansMs = 3000;

/** What the command line says. */
export interface ServeOptions extends ConfigSource {
	host?: string | undefined;
	port?: number | undefined;
	watch: boolean;
}

/**
 * `mcp-edge-bridge`: runs the bridge until a signal ends it.
 *
 * @param config what reads the config, and what it has read
 */
export async function serve(
	options: ServeOptions,
	{ reader, read }: { reader: ConfigReader<LoadedConfig>; read: LoadedConfig },
	programLog: ProgramLog,
): Promise<void> {
	const { log, output } = programLog;
	const file = fileOf(options);
	const config = accept(read);
	const { host, port, basePath } = config;
	const runtime = await currentRuntime();
	const traces = await openTraces(process.env, log);
	let listener: Listener | undefined;
	const bridge = new Bridge(config, log, {
		observers: traces ? [traces.observer] : [],
		logLinesDropped: () => output.dropped,
		connections: () => listener?.connections(),
	});
	const fetch: Fetch = (request, bindings) =>
		bridge.app.fetch(request, bindings);
	// Before any child starts: a server that does not start is answered for, and keeps nobody waiting.
	const opened = await runtime
		.listen(fetch, {
			hostname: host,
			port,
			idleTimeoutMs: config.connectionIdleTimeoutMs ?? idleTimeoutMs,
			maxConnections: config.maxConnections,
			maxHeaderBytes: config.maxHeaderBytes,
			deaf: (error) =>
				log.warn(
					{ err: error },
					"takes no connections for a moment: there are no file descriptors left for them (raise the limit, see ulimit -n, or lower maxStreams)",
				),
		})
		.catch(async (error) => {
			throw await ListenError.of(error, host, port);
		});
	listener = opened;
	const follower = new ConfigFollower(reader, {
		taken: (read) => void takeIntoForce(accept(read)),
		failed: (error) =>
			log.error(
				{ code: (error as { code?: string }).code },
				`The config stays as it was: ${(error as Error).message}`,
			),
		givenUp: (afterMs) =>
			log.warn(
				{ file },
				`reading the config takes longer than ${afterMs / 1000} s: given up, since it has been edited`,
			),
	});
	const watcher =
		options.watch && file !== undefined
			? watchConfig(
					file,
					() => follower.look(),
					(error) =>
						log.warn(
							{ err: error },
							"the folder of the config cannot be watched: changes are noticed within 2 s, not at once",
						),
				)
			: undefined;
	const end = async () => {
		watcher?.close();
		clearInterval(starts);
		follower.close();
		// Answers still go out while children end, and whoever asks for readiness hears no.
		const until = performance.now() + config.drainTimeoutMs;
		await bridge.close();
		await opened.close(Math.max(lastAnswersMs, until - performance.now()));
		await traces?.close(lastSpansMs);
	};
	endWithProcess(programLog, end, () => follower.readAnyway());
	bridge.start();
	const starts = watchStarts(() => bridge.starting(), log);

	const url = `http://${urlHost(host)}:${opened.port}`;
	const servers = Object.keys(config.servers).filter(
		(name) => config.servers[name]?.enabled,
	);
	// Where nobody takes it, the bridge is of use all the same.
	new NonBlockingOutput(1).write(
		announcement(runtime.name, url, basePath, servers),
	);
	if ((config.connectionIdleTimeoutMs ?? 0) > runtime.longestIdleMs) {
		const above =
			runtime.longestIdleMs > 0 ? ` above ${runtime.longestIdleMs}` : "";
		log.warn(
			`connectionIdleTimeoutMs is without effect${above}: ${runtime.name} keeps an idle connection until its client closes it (leave the option out, or run the bridge on Node)`,
		);
	}
	if (config.maxConnections !== undefined && !runtime.boundsConnections) {
		log.warn(
			`maxConnections is without effect: ${runtime.name} takes every connection (have a proxy in front bound them, or run the bridge on Node)`,
		);
	}
	if (!isLoopback(host)) {
		log.warn(
			{ host },
			"everybody who reaches this address can run the tools of every server: there is no authentication",
		);
	}

	/** The command line comes before the config. */
	function accept({ config, warnings }: LoadedConfig): BridgeConfig {
		for (const warning of warnings) log.warn(warning);
		for (const [server, entry] of Object.entries(config.servers)) {
			const { danger } = adviceFor(entry);
			if (entry.enabled && danger !== undefined)
				log.warn({ server }, `danger: ${danger}`);
		}
		const problems = config.faulty.flatMap(({ problems }) => problems);
		const unset = unsetVariables(problems);
		if (unset !== "") {
			log.error(
				`environment variables that are not set: ${unset} (set them where the bridge is started)`,
			);
		}
		const { host = config.host, port = config.port } = options;
		return { ...config, host, port };
	}

	/** A further edit need not wait for it: children that end may take their time. */
	async function takeIntoForce(config: BridgeConfig): Promise<void> {
		try {
			const restart = await bridge.reload(config);
			log.info({ file }, "config taken into force");
			if (restart.length === 0) return;
			log.warn(
				{ options: restart },
				"changed options that are taken into force only by a restart of the bridge",
			);
		} catch (error) {
			log.error({ err: error }, "not all of the config is in force");
		}
	}
}

function announcement(
	runtime: string,
	url: string,
	basePath: string,
	servers: string[],
): string {
	const width = Math.max(...servers.map(({ length }) => length));
	const lines = servers.map((name) => {
		const base = `${url}${basePath}/servers/${encodeURIComponent(name)}`;
		return `  ${name.padEnd(width)}  ${base}/mcp  (SSE: ${base}/sse)\n`;
	});
	return `mcp-edge-bridge ${version} on ${runtime} is listening on ${url}\n${lines.join("")}`;
}

function isLoopback(host: string): boolean {
	return host === "localhost" || host === "::1" || host.startsWith("127.");
}
