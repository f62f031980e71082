import { describe, expect, test } from "vitest";
import { openSse, RawClient } from "../harness/raw-http.ts";
import { fixture, startBridge } from "../harness/start-bridge.ts";

/** What the log of a whole bridge says of requests, on each runtime and in both formats. */

const trace = "0af7651916cd43dd8448eb211c80319c";
const servers = {
	one: fixture("faulty"),
	hostile: {
		command: "sh",
		args: [
			"-c",
			// Moves the cursor, clears the screen, and a line that looks like one of the bridge.
			String.raw`printf '\033[2J\033[1;31m[00:00:00.000] INFO: forged\r\n\302\23331m more\n' >&2; printf 'out \033[31m\n'; exit 1`,
		],
	},
};

describe("as JSON", () => {
	test("each refusal names its client, and sessions and requests are there at debug, without secrets", async () => {
		const bridge = await startBridge(
			{ servers },
			{ args: ["--log-level", "debug", "--log-format", "json"] },
		);
		const secret = "SECRET-SECRET";
		await fetch(`${bridge.url}/servers/one/messages?session_id=${secret}`, {
			method: "POST",
			headers: { traceparent: `00-${trace}-b7ad6b7169203331-01` },
			body: '{"jsonrpc":"2.0","id":5,"method":"tools/list"}',
		});
		const refused = JSON.parse(await bridge.waitForLog("refused with 404"));
		expect(refused).toMatchObject({
			level: 30,
			server: "one",
			method: "POST",
			path: "/servers/one/messages",
			status: 404,
			client: "127.0.0.1",
			trace,
			session: expect.stringMatching(/^[\da-f]{8}$/),
			reason: expect.stringContaining("no such session"),
		});

		const client = await RawClient.connect(bridge, "one", "streamable");
		await client.text("call-1", "echo", { text: "PAYLOAD" });
		const { session } = JSON.parse(await bridge.waitForLog("session opened"));
		expect(JSON.parse(await bridge.waitForLog('"call-1"'))).toMatchObject({
			level: 20,
			server: "one",
			session,
			method: "tools/call",
			tool: "echo",
			outcome: "ok",
			ms: expect.any(Number),
		});
		await fetch(client.endpoint, { method: "DELETE", headers: client.headers });
		expect(JSON.parse(await bridge.waitForLog("session ended"))).toMatchObject({
			server: "one",
			transport: "streamable",
			session,
		});
		const ready = JSON.parse(await bridge.waitForLog('"ready"'));
		expect(ready).toMatchObject({ server: "one", pid: expect.any(Number) });

		const stream = await openSse(`${bridge.url}/servers/one/sse`);
		stream.close();
		const all = bridge.log.join("\n");
		for (const text of [secret, "PAYLOAD", client.sessionId ?? ""])
			expect(all).not.toContain(text);
		await bridge.stop();
	});
});

describe("for people", () => {
	test("a line that concerns a child has its pid, and nothing that children or clients write is a line of its own or paints", async () => {
		const bridge = await startBridge(
			{ servers },
			{ args: ["--log-level", "debug", "--log-format", "pretty"] },
		);
		await fetch(`${bridge.url}/servers/hostile/health?probe=1`);
		await fetch(`${bridge.url}/a%0a%1b%5b31mforged`);
		await bridge.waitForLog(/WARN \(\d+\): exited with code 1/);
		const refused = await bridge.waitForLog("refused with 404");
		expect(refused).toContain("/a%0a%1b%5b31mforged");
		await bridge.stop();
		const all = bridge.log.join("\n");
		expect(all).toContain("forged");
		expect(all).not.toMatch(/(?!\n)[\p{Cc}]/u);
		for (const line of bridge.log.filter((line) => line !== ""))
			expect(line).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] [A-Z]+/);
		expect(bridge.log.some((line) => /^\S+ INFO: forged/.test(line))).toBe(
			false,
		);
	});
});
