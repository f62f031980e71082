import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connectSse } from "./clients/sse.ts";
import { connectStreamableHttp } from "./clients/streamable-http.ts";
import { type Program, spawnProgram } from "./program.ts";
import type { Dialect, Running } from "./target.ts";
import { child } from "./targets/child.ts";

const startTimeoutMs = 20_000;

/** Starts a node program that listens on a port it is given, and waits until it does. */
export async function startHttp(
	dialect: Dialect,
	paths: Record<Dialect, string>,
	commandLine: (
		port: number,
		mark: string,
	) => { args: string[]; env?: Record<string, string> },
): Promise<Running> {
	const port = await freePort();
	const mark = child.mark();
	const { args, env } = commandLine(port, mark);
	const program = spawnProgram({
		command: process.execPath,
		args,
		env: env ?? {},
		mark,
	});
	try {
		await listening(port, program);
	} catch (error) {
		await program.stop();
		throw error;
	}
	const url = new URL(`http://127.0.0.1:${port}${paths[dialect]}`);
	return {
		pid: program.pid,
		connect: () =>
			dialect === "HTTP+SSE" ? connectSse(url) : connectStreamableHttp(url),
		ended: program.ended,
		stop: program.stop,
	};
}

async function freePort(): Promise<number> {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	server.close();
	await once(server, "close");
	return port;
}

async function listening(port: number, program: Program): Promise<void> {
	const deadline = performance.now() + startTimeoutMs;
	while (performance.now() < deadline) {
		const ended = program.ended();
		if (ended) throw new Error(ended);
		if (await accepts(port)) return;
		await sleep(5);
	}
	throw new Error(`does not listen after ${startTimeoutMs / 1000} s`);
}

async function accepts(port: number): Promise<boolean> {
	const socket = connect(port, "127.0.0.1");
	try {
		await once(socket, "connect");
		return true;
	} catch {
		return false;
	} finally {
		socket.destroy();
	}
}
