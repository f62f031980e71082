import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { lineSplitter } from "../bench/clients/lines.ts";
import { processes } from "../bench/processes.ts";
import { spawnProgram } from "../bench/program.ts";
import { bridgeCommand, type RuntimeName } from "../test/harness/runtimes.ts";

/** A running bridge with the servers `auto` and `session`, named after their isolation. */
export interface Bridge {
	readonly url: URL;
	readonly pid: number;
	/** As the bridge names it, with its version. */
	readonly runtime: string;
	/** Its children at this moment. */
	children(): number;
	/** How it ended, if it did of its own accord. */
	ended(): string | undefined;
	/** Ends it; resolves to the number of children that it leaves behind. */
	stop(): Promise<number>;
}

export const sessionIdleTimeoutMs = 5_000;

const server = fileURLToPath(new URL("soak-server.mjs", import.meta.url));
const startTimeoutMs = 30_000;
const listening = / on (.+) is listening on (http:\/\/\S+)/;

export async function startBridge(runtime: RuntimeName): Promise<Bridge> {
	const folder = mkdtempSync(path.join(tmpdir(), "mcp-edge-bridge-soak-"));
	process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
	const mark = path.basename(folder);
	const config = path.join(folder, "servers.ts");
	writeFileSync(config, configText(mark));
	const [command, ...first] = bridgeCommand(runtime);
	const program = spawnProgram({
		command,
		args: [...first, "--config", config, "--port", "0"],
		mark,
		env: { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
		pipes: true,
	});
	const children = () =>
		processes().filter(({ arguments: args }) => args[2] === mark).length;
	try {
		const [, name = "", url = ""] = await announcement(program);
		return {
			url: new URL(url),
			pid: program.pid,
			runtime: name,
			children,
			ended: program.ended,
			async stop() {
				await program.stop();
				return children();
			},
		};
	} catch (error) {
		await program.stop();
		throw error;
	}
}

function configText(mark: string): string {
	const entry = { command: process.execPath, args: [server, mark] };
	const config = {
		sessionIdleTimeoutMs,
		servers: {
			auto: { ...entry, isolation: "auto" },
			session: { ...entry, isolation: "session" },
		},
	};
	return `import { defineServers } from "mcp-edge-bridge";\n\nexport default defineServers(${JSON.stringify(config, null, "\t")});\n`;
}

/** What its first line says: runtime and URL. */
async function announcement(
	program: ReturnType<typeof spawnProgram>,
): Promise<RegExpExecArray> {
	const { stdout } = program.process;
	if (!stdout) throw new Error("stdout is not a pipe");
	const found = new Promise<RegExpExecArray>((resolve) => {
		const onLine = lineSplitter((line) => {
			const match = listening.exec(line);
			if (match) resolve(match);
		});
		stdout.setEncoding("utf8").on("data", onLine);
	});
	const over = AbortSignal.timeout(startTimeoutMs);
	const ended = once(program.process, "exit", { signal: over }).then(
		() => {
			throw new Error(`Cannot start the bridge: ${program.ended()}`);
		},
		() => {
			throw new Error(
				`Cannot start the bridge: it does not listen after ${startTimeoutMs / 1000} s`,
			);
		},
	);
	return Promise.race([found, ended]);
}
