import type { ErrorObject } from "../protocol/messages.ts";
import { BridgeClient } from "./bridge-client.ts";
import { chooseServer, onlyServer } from "./choose-server.ts";
import {
	type CommandOptions,
	commandLog,
	readCommandConfig,
} from "./command-options.ts";
import { closeBridge, openBridge } from "./open-bridge.ts";
import { Progress } from "./progress.ts";

/** Which server a command speaks with, and where. */
export interface ClientOptions extends CommandOptions {
	/** A bridge that runs: its URL, with its base path. Else the server is started for this command alone. */
	url?: string;
}

/** The base of the bridge in this process: nothing listens there. */
export const insideBase = "http://127.0.0.1";

/**
 * Opens a session with a server, and ends it, and what was started for it.
 *
 * @returns the error of a server that does not start, and is not tried again
 * @throws {ConfigError | CommandError} where there is no such server
 */
export async function withClient<Result>(
	options: ClientOptions,
	server: string,
	use: (client: BridgeClient) => Promise<Result>,
): Promise<Result | { error: ErrorObject }> {
	if (options.url !== undefined) {
		const base = options.url.replace(/\/+$/, "");
		return await inSession(new BridgeClient(fetch, base, server), use);
	}
	const log = await commandLog(options);
	const config = await readCommandConfig(options, log);
	const name = chooseServer(config, server);
	const bridge = openBridge(onlyServer(config, name), log);
	const progress = new Progress();
	const started = progress.showStart(name, config.servers[name]);
	try {
		const inside = (request: Request) => bridge.app.fetch(request);
		const client = new BridgeClient(inside, insideBase, name);
		return await inSession(client, use, () => {
			started();
			progress.stop();
		});
	} finally {
		started();
		progress.stop();
		await closeBridge(bridge);
	}
}

async function inSession<Result>(
	client: BridgeClient,
	use: (client: BridgeClient) => Promise<Result>,
	opened: () => void = () => {},
): Promise<Result | { error: ErrorObject }> {
	const opening = await client.initialize();
	opened();
	if ("error" in opening) return opening;
	try {
		return await use(client);
	} finally {
		await client.close();
	}
}
