import assert from "node:assert/strict";
import { type Bridge, startBridge } from "./bridge.ts";
import { installPython, pythonVersion } from "./install.ts";
import { LiteLlmProxy } from "./litellm-proxy.ts";
import { type NineServers, nineServers } from "./nine-servers.ts";
import {
	failed,
	type Outcome,
	passed,
	type Step,
	type Transport,
	takeSteps,
	today,
	transports,
	withoutProgram,
} from "./outcome.ts";

/** A version of LiteLLM's proxy. */
export interface LiteLlm {
	readonly name: string;
	readonly version: string;
	/** Its page in docs/clients. */
	readonly page: string;
	/** Of test/interop/python/requirements. */
	readonly environment: string;
	/** Why it cannot pass progress on, where it cannot. */
	readonly noProgress?: string;
}

const liteLlm = (environment: string, noProgress?: string): LiteLlm => ({
	name: "LiteLLM",
	version: pythonVersion(environment),
	page: "litellm.md",
	environment,
	...(noProgress === undefined ? {} : { noProgress }),
});

export const liteLlms: readonly LiteLlm[] = [
	liteLlm("litellm"),
	liteLlm("litellm-1.75", "it does not pass it on"),
];

/** Tries LiteLLM's proxy with the config of the docs, by each transport. */
export async function tryLiteLlm(of: LiteLlm): Promise<Outcome[]> {
	const { name: client, version, page } = of;
	const outcome = { client, version, page, date: today() };
	const outcomes: Outcome[] = [];
	let nine: NineServers | undefined;
	let bridge: Bridge | undefined;
	try {
		const bin = await installPython(of.environment);
		nine = await nineServers();
		bridge = await startBridge(nine.servers);
		for (const transport of transports) {
			const steps = await trySteps(of, bin, nine, bridge, transport);
			const remark = nine.description;
			outcomes.push({ ...outcome, transport, steps, remark });
		}
		return outcomes;
	} catch (error) {
		return withoutProgram(outcome, error);
	} finally {
		await bridge?.stop();
		nine?.close();
	}
}

async function trySteps(
	{ noProgress }: LiteLlm,
	bin: string,
	nine: NineServers,
	bridge: Bridge,
	transport: Transport,
): Promise<Outcome["steps"]> {
	let proxy: LiteLlmProxy;
	try {
		proxy = await LiteLlmProxy.start(bin, bridge.url, transport);
	} catch (error) {
		return { list: failed(error) };
	}
	const steps = await takeSteps([
		["list", () => checkLists(proxy, nine)],
		["call", () => checkCalls(proxy, nine)],
		[
			"progress",
			async () =>
				noProgress === undefined
					? checkProgress(proxy)
					: { kind: "not there", reason: noProgress },
		],
		[
			"list and call after a restart",
			async () => {
				await bridge.restart();
				await checkLists(proxy, nine);
				return checkCalls(proxy, nine);
			},
		],
	]);
	await proxy.stop();
	return steps;
}

/** What LiteLLM lists by REST and at its own MCP endpoint. */
async function checkLists(
	proxy: LiteLlmProxy,
	{ tools }: NineServers,
): Promise<Step> {
	const byRest = await proxy.listByRest();
	const byMcp = await proxy.asClient((client) => client.list());
	for (const [server, tool] of Object.entries(tools)) {
		const listed = byRest.get(server) ?? [];
		assert(
			listed.includes(tool) || listed.includes(`${server}-${tool}`),
			`/mcp-rest/tools/list has no ${tool} of ${server} (${listed.length} tools)`,
		);
		assert(
			byMcp.includes(`${server}-${tool}`),
			`LiteLLM's /mcp has no ${server}-${tool} among ${byMcp.length} tools`,
		);
	}
	return passed;
}

async function checkCalls(
	proxy: LiteLlmProxy,
	nine: NineServers,
): Promise<Step> {
	await nine.check((server, tool, args) =>
		proxy.callByRest(server, tool, args),
	);
	await proxy.asClient((client) =>
		nine.check(
			async (server, tool, args) =>
				(await client.call(`${server}-${tool}`, args)).text,
		),
	);
	return passed;
}

/** Of a stand-in, which tells its progress. */
async function checkProgress(proxy: LiteLlmProxy): Promise<Step> {
	const { progress } = await proxy.asClient((client) =>
		client.call("monitoring-progress", { steps: 3 }),
	);
	// The last one comes together with the answer, and may be dropped.
	assert.deepEqual(progress.slice(0, 2), [1, 2]);
	return passed;
}
