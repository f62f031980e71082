import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll } from "vitest";
import { freePort } from "./free-port.ts";
import { eventually } from "./processes.ts";
import { bridgeCommand } from "./runtimes.ts";
import type { ServerInput } from "./start-bridge.ts";

/** A bridge whose stdout and stderr are a test's own: file descriptors, or "closed". */
export interface UnheardBridge {
	readonly url: string;
	/** Fulfilled with the code, or the signal, that it ended by. */
	readonly exited: Promise<number | string | null>;
	/** By SIGTERM. */
	stop(): Promise<number | string | null>;
}

type Output = number | "closed" | "ignore";

const running = new Set<{ kill(): void }>();
afterAll(() => {
	for (const { kill } of running) kill();
});

/** Starts it, and waits until it answers. */
export async function startUnheard(
	servers: Record<string, ServerInput>,
	{
		stdout = "ignore",
		stderr = "ignore",
		args = [],
	}: { stdout?: Output; stderr?: Output; args?: readonly string[] },
): Promise<UnheardBridge> {
	const folder = mkdtempSync(path.join(tmpdir(), "mcp-edge-bridge-unheard-"));
	const config = path.join(folder, "servers.json");
	writeFileSync(config, JSON.stringify({ mcpServers: servers }));
	const port = await freePort();
	const outputs = [stdout, stderr];
	const closing = outputs.map((output, at) =>
		output === "closed" ? `${at + 1}>&-` : "",
	);
	const child = spawn(
		"sh",
		[
			"-c",
			`exec "$0" "$@" ${closing.join(" ")}`,
			...bridgeCommand(),
			...["--named-server-config", config, "--port", String(port), ...args],
		],
		{
			env: { ...process.env, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
			stdio: [
				"ignore",
				...outputs.map((one) => (one === "closed" ? "ignore" : one)),
			],
		},
	);
	const kill = { kill: () => void child.kill("SIGKILL") };
	running.add(kill);
	let end: number | string | null | undefined;
	const exited = new Promise<number | string | null>((resolve) => {
		child.on("exit", (code, signal) => {
			running.delete(kill);
			rmSync(folder, { recursive: true, force: true });
			end = code ?? signal;
			resolve(end);
		});
	});
	const url = `http://127.0.0.1:${port}`;
	await eventually(
		async () => {
			if (end !== undefined) throw new Error(`It ended with ${end}`);
			return await fetch(`${url}/health/live`).then(
				({ ok }) => ok,
				() => false,
			);
		},
		"it answers",
		30_000,
	);
	return {
		url,
		exited,
		stop() {
			child.kill("SIGTERM");
			return exited;
		},
	};
}
