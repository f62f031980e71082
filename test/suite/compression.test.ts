import { afterAll, beforeAll, expect, test } from "vitest";
import { callMessage } from "../harness/call-message.ts";
import { connect, dialects } from "../harness/clients.ts";
import { compressingProxy } from "../harness/compressing-proxy.ts";
import { ModernClient } from "../harness/modern-client.ts";
import { RawClient } from "../harness/raw-http.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";

/** Behind a proxy that compresses, which keeps what it compresses until there is enough of it, nothing is held back. */

let bridge: Bridge;
let proxy: Awaited<ReturnType<typeof compressingProxy>>;
beforeAll(async () => {
	bridge = await startBridge({
		servers: { everything: fixture("everything") },
	});
	proxy = await compressingProxy(bridge);
});
afterAll(() => proxy.close());

test("the proxy compresses what may be compressed", async () => {
	const { headers } = await fetch(`${proxy.url}/status`);
	expect(headers.get("content-encoding")).toMatch(/^(gzip|br|deflate)$/);
});

test.each(
	dialects,
)("SDK $sdk connects over $transport and sees progress while the call still runs", async ({
	sdk,
	transport,
}) => {
	const client = await connect(proxy, "everything", { sdk, transport });
	const name = `${sdk} ${transport}`;
	let answer = Promise.resolve("");
	await new Promise<void>((resolve, reject) => {
		answer = client.text("wait", { name }, { onprogress: () => resolve() });
		answer.catch(reject);
	});
	// Straight to the bridge: nothing of it pushes the proxy.
	const other = await connect(bridge, "everything");
	await other.text("release", { name });
	expect(await answer).toBe(`released ${name}`);
	await other.close();
	await client.close();
});

test("a stream opened by GET carries what belongs to no request", async () => {
	const client = await RawClient.connect(proxy, "everything", "streamable", {
		listen: true,
	});
	expect(client.stream?.response.headers.get("content-encoding")).toBeNull();
	await client.request(callMessage(1, "change-lists"));
	await client.stream?.message(
		({ method }) => method === "notifications/tools/list_changed",
	);
	client.close();
});

test("a call of revision 2026-07-28 has its progress while it still runs", async () => {
	const client = new ModernClient(proxy, "everything");
	const stream = await client.stream(
		"tools/call",
		{ name: "wait", arguments: { name: "modern" } },
		{ meta: { progressToken: "own" } },
	);
	await stream.message(({ method }) => method === "notifications/progress");
	expect(stream.over).toBe(false);
	await new ModernClient(bridge, "everything").text("release", {
		name: "modern",
	});
	await stream.ended;
});
