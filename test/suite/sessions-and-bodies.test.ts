import { describe, expect, test } from "vitest";
import { atOneAddress } from "../harness/at-one-address.ts";
import { callMessage } from "../harness/call-message.ts";
import { HeldServer } from "../harness/held-server.ts";
import { lateBody } from "../harness/late-body.ts";
import { metric } from "../harness/metrics.ts";
import { eventually } from "../harness/processes.ts";
import { RawClient } from "../harness/raw-http.ts";
import { reopen } from "../harness/reopen.ts";
import { scratch } from "../harness/scratch.ts";
import {
	type Bridge,
	childCount,
	fixture,
	startBridge,
} from "../harness/start-bridge.ts";
import { callOnce, textOf } from "../harness/status.ts";

/** What becomes of a session while the body of one of its messages is under way: that message is for what it is then. */

const file = scratch();
const sessionKey = "what seals the sessions of these tests";
const end = ({ endpoint, headers }: RawClient) =>
	fetch(endpoint, { method: "DELETE", headers });

test("many bodies that are under way to one session of before the restart make one session and one child, which DELETE ends", async () => {
	const start = await atOneAddress({
		servers: { own: fixture("faulty", [], { isolation: "session" }) },
		sessionKey,
	});
	const gone = await start();
	const client = await RawClient.connect(gone, "own", "streamable");
	await gone.stop();
	const bridge = await start();
	const bodies = await Promise.all(
		[1, 2, 3, 4].map((id) =>
			lateBody(client.endpoint, callMessage(id, "pid"), client.headers),
		),
	);
	const answers = await Promise.all(bodies.map((send) => send()));
	const pids = answers.map(({ body }) => textOf(JSON.parse(body)));
	const [pid] = await childCount(bridge, 1);
	expect(pids).toEqual(Array(4).fill(String(pid)));
	expect(await metric(bridge, "sessions")).toBe(1);
	expect((await end(client)).status).toBe(204);
	await childCount(bridge, 0);
	expect(await metric(bridge, "sessions")).toBe(0);
});

describe("DELETE while a body is under way", () => {
	const input = (server: HeldServer) => ({
		servers: { one: server.entry },
		sessionKey,
	});
	const begun: Record<
		string,
		(server: HeldServer) => Promise<{ bridge: Bridge; client: RawClient }>
	> = {
		"that the bridge began": async (server) => {
			const bridge = await startBridge(input(server));
			const client = await RawClient.connect(bridge, "one", "streamable");
			return { bridge, client };
		},
		"that it would have taken up": async (server) => {
			const start = await atOneAddress(input(server));
			const gone = await start();
			const client = await RawClient.connect(gone, "one", "streamable");
			await gone.stop();
			return { bridge: await start(), client };
		},
	};

	test.each(
		Object.keys(begun),
	)("ends the session %s: the message is answered with 404, and the call is not made", async (name) => {
		const server = new HeldServer(file(name));
		const { bridge, client } =
			(await begun[name]?.(server)) ?? expect.unreachable();
		const message = callMessage("late", "echo", { message: "late" });
		const send = await lateBody(client.endpoint, message, client.headers);
		expect((await end(client)).status).toBe(204);
		const { status, body } = await send();
		expect([status, JSON.parse(body).id]).toEqual([404, "late"]);
		expect(await metric(bridge, "sessions")).toBe(0);
		// Behind it: nothing that was sent to the child before is still under way.
		await callOnce(bridge, "one", "echo", { message: "next" });
		expect(server.calls("echo")).toEqual(['{"message":"next"}']);
		await bridge.stop();
	});
});

test("a message over HTTP+SSE whose body is under way while its client's stream breaks and comes back is answered on the next stream", async () => {
	const bridge = await startBridge({ servers: { one: fixture("faulty") } });
	const client = await RawClient.connect(bridge, "one", "sse");
	const echo = (message: string) => callMessage(message, "echo", { message });
	const send = await lateBody(client.endpoint, echo("late"));
	client.stream?.close();
	await eventually(
		async () => (await metric(bridge, "streams")) === 0,
		"the bridge does not see that the stream has gone",
	);
	const { stream, endpoint } = await reopen(client);
	expect(endpoint.href).toBe(client.endpoint.href);
	expect((await send()).status).toBe(202);
	expect(textOf(await stream.message(({ id }) => id === "late"))).toBe("late");
	expect(await client.send(echo("next"))).toBe(202);
	expect(textOf(await stream.message(({ id }) => id === "next"))).toBe("next");
	stream.close();
});
