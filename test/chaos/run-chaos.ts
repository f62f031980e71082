import { setTimeout as delay } from "node:timers/promises";
import { eventually, pidsWith } from "../harness/processes.ts";
import { getJson } from "../harness/status.ts";
import type { ClientContext } from "./chaos-client.ts";
import { closeIdleConnections } from "./close-idle-connections.ts";
import { FaultInjector } from "./inject-faults.ts";
import { Journal } from "./journal.ts";
import { live } from "./live.ts";
import { Network } from "./network.ts";
import { planFaults, restartsEnd } from "./plan-faults.ts";
import { population } from "./population.ts";
import { Random } from "./random.ts";
import { ownDescriptors, type Resources, resourcesOf } from "./resources.ts";
import { RestartingBridge } from "./restarting-bridge.ts";
import { chaosConfig, loadedServers } from "./servers.ts";
import type { ChaosSettings } from "./settings.ts";
import { settledWithin } from "./settled-within.ts";

/** From the last fault on, in ms. */
const answersWithinMs = 30_000;
const restWithinMs = 30_000;
/** What a bridge opens once and keeps: the guard of its children, the connection that asks it. */
export const spareDescriptors = 8;

export interface ChaosFiles {
	/** Gets a line for each run of `count`. */
	calls: string;
	/** Gets a line for each breach of the handshake that a strict server saw. */
	violations: string;
}

interface ServerNames {
	expected: string[];
	found: string[];
}

/** What is to be judged of a run. */
export interface ChaosRun {
	journal: Journal;
	/** Requests that nobody has accounted for. */
	unanswered: string[];
	/** The clients that were still waiting for something at the end. */
	stuck: string[];
	/** Of a bridge that never had a client. */
	idle: Resources;
	/** Of the last bridge under the load. */
	loaded: Resources;
	/** Of the same, when its clients had gone. */
	rest: Resources;
	/** The servers of the last config, and those that the bridge had. */
	serverNames: ServerNames;
	/** The logs of all bridges. */
	log: string[];
	/** Processes that outlived their bridge. */
	left: number[];
}

/** Fifty clients, and faults for as long as the settings say; then everything is healed and ended. */
export async function runChaos(
	{ chaosMs, seed }: ChaosSettings,
	files: ChaosFiles,
): Promise<ChaosRun> {
	const random = new Random(seed);
	const servers = loadedServers(files.calls, files.violations);
	const bridge = await RestartingBridge.start(
		chaosConfig(servers, { toggles: new Map(), extra: false }),
		`chaos session key ${seed} chaos session key`,
	);
	const idle = resourcesOf(bridge.current);
	const journal = new Journal((began) => bridge.absenceSince(began)?.signal);

	const over = new AbortController();
	const inhabitants = population(random.fork("population"), servers).map(
		({ name, server, textIds, create }) => {
			const network = new Network(name, journal);
			const base = `${bridge.url}/servers/${server.name}`;
			const up = () => bridge.up();
			const context: ClientContext = {
				...{ name, server, base, journal, network, textIds, up },
			};
			const client = create(context);
			const life = live(client, context, random.fork(name), over.signal);
			return { name, network, client, life };
		},
	);
	const plan = planFaults(random.fork("faults"), {
		chaosMs,
		servers: servers.map(({ name }) => name),
		clients: inhabitants.length,
	});
	const injector = new FaultInjector(
		bridge,
		journal,
		inhabitants.map(({ network }) => network),
		servers,
	);
	const [loaded] = await Promise.race([
		Promise.all([loadedResources(bridge, chaosMs), injector.inject(plan)]),
		firstFailure(
			inhabitants.map(({ life }) => life),
			journal,
		),
	]);

	injector.heal();
	over.abort();
	const stuck = await settledWithin(
		answersWithinMs,
		inhabitants,
		({ life }) => life,
	);
	const unanswered = journal
		.open()
		.map(({ nonce, tool }) => `${tool} ${nonce}`);
	await Promise.all(
		inhabitants
			.filter((each) => !stuck.includes(each))
			.map(({ client }) => client.close()),
	);
	for (const { network } of inhabitants) network.leave();
	const rest = await resourcesAtRest(bridge, idle);
	const serverNames = await serverNamesAtRest(bridge, injector);
	await bridge.stop();
	return {
		journal,
		unanswered,
		stuck: stuck.map(({ name }) => name),
		idle,
		loaded,
		rest,
		serverNames,
		log: bridge.bridges.flatMap(({ log }) => log),
		left: await leftBy(bridge),
	};
}

/** Children, what these have started, and guardians; each has its time to end. */
async function leftBy({ bridges }: RestartingBridge): Promise<number[]> {
	const find = () =>
		bridges.flatMap(({ marker, pid }) => [
			...pidsWith(marker),
			...pidsWith(`MCP_EDGE_BRIDGE_GUARDIAN=${pid}-`),
		]);
	await eventually(() => find().length === 0, "").catch(() => {});
	return find();
}

/** Settles only where one of the clients fails: none ends by itself. */
function firstFailure(
	lives: readonly Promise<void>[],
	{ violations }: Journal,
): Promise<never> {
	return new Promise((_, reject) => {
		const fail = (error: Error) =>
			reject(new Error([error.message, ...violations].join("\n")));
		for (const life of lives) life.catch(fail);
	});
}

/** When the last bridge has been under the load for a while. */
async function loadedResources(
	bridge: RestartingBridge,
	chaosMs: number,
): Promise<Resources> {
	const warmMs = (chaosMs * (1 - restartsEnd)) / 3;
	await delay(chaosMs * restartsEnd + warmMs);
	await bridge.up();
	return resourcesOf(bridge.current);
}

/** The last edit may have come just before: on a busy machine it takes seconds to read it. */
async function serverNamesAtRest(
	bridge: RestartingBridge,
	injector: FaultInjector,
): Promise<ServerNames> {
	const expected = injector.serverNames.sort();
	const find = async () => {
		const { servers } = await getJson(bridge, "/status");
		return Object.keys(servers as object).sort();
	};
	await eventually(
		async () => (await find()).join() === expected.join(),
		"the last edit is not in force",
		restWithinMs,
	).catch(() => {});
	return { expected, found: await find() };
}

/** When no session is left, and no connection either unless one is not given back at all. */
async function resourcesAtRest(
	bridge: RestartingBridge,
	idle: Resources,
): Promise<Resources> {
	await eventually(
		async () => {
			const { sessions, openStreams } = await getJson(bridge, "/status");
			const { streamable, sse } = sessions as Record<string, number>;
			return streamable === 0 && sse === 0 && openStreams === 0;
		},
		"there are still sessions",
		restWithinMs,
	).catch(() => {});
	await closeIdleConnections();
	const least = ownDescriptors(idle) + spareDescriptors;
	await eventually(
		() => ownDescriptors(resourcesOf(bridge.current)) <= least,
		"connections stay open",
		restWithinMs,
	).catch(() => {});
	return resourcesOf(bridge.current);
}
