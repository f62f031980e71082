import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "../chaos/random.ts";
import { initializeRequest, post } from "../harness/raw-http.ts";
import { serverNames } from "./servers.ts";

const workers = 6;

/** Sessions that come and go, and children that die, until the bridge is gone. */
export async function churn(url: string, random: Random): Promise<void> {
	await Promise.all(
		Array.from({ length: workers }, (_, index) =>
			comeAndGo(url, random.fork(`worker ${index}`)),
		),
	);
}

async function comeAndGo(url: string, random: Random): Promise<void> {
	for (;;) {
		try {
			await session(`${url}/servers/${random.pick(serverNames)}/mcp`, random);
		} catch {
			// The bridge is gone, or the child of this call.
			if (!(await isUp(url))) return;
		}
	}
}

async function isUp(url: string): Promise<boolean> {
	const response = await fetch(`${url}/health/live`).catch(() => undefined);
	await response?.text();
	return response?.ok ?? false;
}

async function session(endpoint: string, random: Random): Promise<void> {
	const opened = await post(endpoint, initializeRequest());
	await opened.text();
	const headers = {
		"mcp-session-id": opened.headers.get("mcp-session-id") ?? "",
		"mcp-protocol-version": "2025-11-25",
	};
	const name = random.chance(0.3) ? "die" : "echo";
	const params = { name, arguments: {} };
	const call = { jsonrpc: "2.0", id: 1, method: "tools/call", params };
	const answer = await post(endpoint, call, headers);
	await answer.text();
	await delay(random.between(0, 20));
	if (random.chance(0.3)) return;
	const ended = await fetch(endpoint, { method: "DELETE", headers });
	await ended.text();
}
