import type { Logger } from "pino";
import { Bridge } from "../bridge.ts";
import type { BridgeConfig } from "../config/resolve-config.ts";
import { watchConfig } from "../config/watch-config.ts";
import { currentRuntime } from "../runtime/current-runtime.ts";
import type { Fetch } from "../runtime/runtime.ts";
import { version } from "../version.ts";
import { endWithProcess } from "./end-with-process.ts";
import { ListenError } from "./listen-error.ts";
import {
	type ConfigSource,
	type ReadConfig,
	readConfig,
	stampOf,
} from "./read-config.ts";

/** How long connections get at least for the last bytes, once the bridge itself has ended. */
const lastAnswersMs = 500;

/** What the command line says. */
export interface ServeOptions extends ConfigSource {
	host?: string;
	port?: number;
	watch: boolean;
}

/**
 * `mcp-edge-bridge`: runs the bridge until a signal ends it.
 *
 * @param read the config, as `readConfig` gives it
 */
export async function serve(
	options: ServeOptions,
	read: ReadConfig,
	log: Logger,
): Promise<void> {
	const file = options.namedServerConfig ?? options.config;
	const config = accept(read);
	const { host, port, basePath } = config;
	const runtime = await currentRuntime();
	const bridge = new Bridge(config, log);
	const fetch: Fetch = (request, bindings) =>
		bridge.app.fetch(request, bindings);
	// Before any child starts: a server that does not start is answered for, and keeps nobody waiting.
	const listener = await runtime
		.listen(fetch, {
			hostname: host,
			port,
			maxHeaderBytes: config.maxHeaderBytes,
			deaf: (error) =>
				log.warn(
					{ err: error },
					"takes no connections for a moment: there are no file descriptors left for them (raise the limit, see ulimit -n, or lower maxStreams)",
				),
		})
		.catch((error) => {
			throw new ListenError(error, host, port);
		});
	let reloading = Promise.resolve();
	let stamp = read.stamp;
	const reload = () => {
		reloading = reloading.then(reloadOnce);
	};
	const watcher = options.watch ? watchConfig(file, reload) : undefined;
	watcher?.ready.then(
		// Nobody watched between the first reading and now.
		() => stampOf(options) !== stamp && reload(),
		(error) => log.warn({ err: error }, "changes of the config go unnoticed"),
	);
	endWithProcess(log, async () => {
		await watcher?.close();
		// Answers still go out while children end, and whoever asks for readiness hears no.
		const until = performance.now() + config.drainTimeoutMs;
		await bridge.close();
		await listener.close(Math.max(lastAnswersMs, until - performance.now()));
	});
	bridge.start();

	const url = `http://${host.includes(":") ? `[${host}]` : host}:${listener.port}`;
	const servers = Object.keys(config.servers).filter(
		(name) => config.servers[name]?.enabled,
	);
	process.stdout.write(announcement(runtime.name, url, basePath, servers));
	if (!isLoopback(host)) {
		log.warn(
			{ host },
			"everybody who reaches this address can run the tools of every server: there is no authentication",
		);
	}

	/** The command line comes before the config. */
	function accept({ config, warnings }: ReadConfig): BridgeConfig {
		for (const warning of warnings) log.warn(warning);
		const { host = config.host, port = config.port } = options;
		return { ...config, host, port };
	}

	/** Settles when the new config has been read and is being taken into force: a further edit need not wait for children to end. */
	async function reloadOnce(): Promise<void> {
		try {
			const read = await readConfig(options);
			stamp = read.stamp;
			void bridge.reload(accept(read)).then((restart) => {
				log.info({ file }, "config taken into force");
				if (restart.length === 0) return;
				log.warn(
					{ options: restart },
					"changed options that are taken into force only by a restart of the bridge",
				);
			});
		} catch (error) {
			stamp = stampOf(options);
			log.error(
				{ code: (error as { code?: string }).code },
				`The config stays as it was: ${(error as Error).message}`,
			);
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
		const base = `${url}${basePath}/servers/${name}`;
		return `  ${name.padEnd(width)}  ${base}/mcp  (SSE: ${base}/sse)\n`;
	});
	return `mcp-edge-bridge ${version} on ${runtime} is listening on ${url}\n${lines.join("")}`;
}

function isLoopback(host: string): boolean {
	return host === "localhost" || host === "::1" || host.startsWith("127.");
}
