import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { Bridge } from "./bridge.ts";
import {
	ClientLost,
	ClientProgram,
	type ProgramCommand,
} from "./client-program.ts";
import type { Client } from "./clients.ts";
import {
	type Outcome,
	passed,
	type Step,
	type Transport,
	takeSteps,
	today,
	transports,
	withoutProgram,
} from "./outcome.ts";

const answerTimeoutMs = 60_000;
/** How long a client may take to notice that the bridge has been away. */
const recoveryMs = 15_000;
const retryMs = 500;

/** Tries a client over each transport, with the server `everything`. */
export async function tryClient(
	client: Client,
	bridge: Bridge,
): Promise<Outcome[]> {
	const { name, version, page } = client;
	const of = { client: name, version, page, date: today() };
	let command: ProgramCommand;
	try {
		command = await client.prepare();
	} catch (error) {
		return withoutProgram(of, error);
	}
	const outcomes: Outcome[] = [];
	for (const transport of transports) {
		const steps = await trySteps(client, command, bridge, transport);
		outcomes.push({ ...of, transport, steps });
	}
	return outcomes;
}

async function trySteps(
	{ noProgress }: Client,
	command: ProgramCommand,
	bridge: Bridge,
	transport: Transport,
): Promise<Outcome["steps"]> {
	const url = `${bridge.url}/servers/everything${transport}`;
	let program = new ClientProgram(command, url);
	const afterRestart = async (): Promise<Step> => {
		await bridge.restart();
		const goesOn = await recovers(program);
		if (!goesOn) {
			// A session by its id outlives the bridge, a stream does not, and not every client opens another.
			if (transport === "/mcp")
				throw new Error("it does not go on with its session");
			await program.stop();
			program = new ClientProgram(command, url);
			await checkCall(program);
		}
		await checkList(program);
		return goesOn ? passed : { kind: "passed", note: "has to connect again" };
	};
	const steps = await takeSteps([
		["list", () => checkList(program)],
		["call", () => checkCall(program)],
		[
			"progress",
			async () =>
				noProgress === undefined
					? checkProgress(program)
					: { kind: "not there", reason: noProgress },
		],
		["list and call after a restart", afterRestart],
	]);
	await program.stop();
	return steps;
}

async function checkList(program: ClientProgram): Promise<Step> {
	const tools = await program.list(answerTimeoutMs);
	for (const name of ["echo", "get-sum", "trigger-long-running-operation"])
		assert(tools.includes(name), `no ${name} among ${tools.length} tools`);
	return passed;
}

async function checkCall(
	program: ClientProgram,
	timeoutMs = answerTimeoutMs,
): Promise<Step> {
	const message = "é, 漢, 🙂";
	const { text } = await program.call("echo", { message }, timeoutMs);
	assert.equal(text, `Echo: ${message}`);
	return passed;
}

async function checkProgress(program: ClientProgram): Promise<Step> {
	const { text, progress } = await program.call(
		"trigger-long-running-operation",
		{ duration: 1, steps: 3 },
		answerTimeoutMs,
	);
	assert.match(text, /completed/);
	// The last one comes together with the answer: some SDKs show it after that, or drop it.
	assert.deepEqual(progress.slice(0, 2), [1, 2]);
	return passed;
}

/** Whether a client goes on with the bridge that is there now, without having been started again. */
async function recovers(program: ClientProgram): Promise<boolean> {
	const deadline = Date.now() + recoveryMs;
	while (Date.now() < deadline) {
		try {
			await checkCall(program, recoveryMs);
			return true;
		} catch (error) {
			if (error instanceof ClientLost) return false;
			await delay(retryMs);
		}
	}
	return false;
}
