import { beforeAll, describe, expect, test } from "vitest";
import { atOneAddress } from "../harness/at-one-address.ts";
import {
	connect,
	dialects,
	type Json,
	type TestClient,
} from "../harness/clients.ts";
import { type Noted, notingFetch } from "../harness/noting-fetch.ts";
import { eventually } from "../harness/processes.ts";
import { answerTo, everyCapability, sample } from "../harness/questions.ts";
import { linesOf, scratch } from "../harness/scratch.ts";
import { fixture } from "../harness/start-bridge.ts";

/**
 * With a key for sessions a bridge takes up those of the one before: clients of the official SDKs go on, and no server
 * gets to say 'Received request before initialization was complete'.
 */

const at = scratch();
const violations = at("violations");
const servers = {
	strict: fixture("strict", ["python-1.13"], {
		env: { VIOLATIONS_FILE: violations },
	}),
	everything: fixture("everything"),
};
type Dialect = (typeof dialects)[number];
const key = "what seals the sessions of these tests";

/** A client that was there before the restart. */
interface Veteran {
	client: TestClient;
	noted: Noted[];
	/** How many exchanges it had before. */
	mark: number;
	/** What its server told it before. */
	before: string;
	/** Settles when it has its stream again, where it cannot do without. */
	back(): Promise<unknown>;
}

async function veteran(
	bridge: { url: string },
	server: keyof typeof servers,
	dialect: Dialect,
): Promise<Veteran> {
	const { fetch, noted } = notingFetch();
	const answer = (method: string) => (params: Json) =>
		answerTo({ method, params });
	const client = await connect(bridge, server, {
		...dialect,
		fetch,
		clientInfo: { name: `veteran-${dialect.sdk}`, version: "3.2.1" },
		...(server === "everything" && {
			capabilities: everyCapability,
			answers: {
				"sampling/createMessage": answer("sampling/createMessage"),
				"elicitation/create": answer("elicitation/create"),
			},
		}),
	});
	const before = await client.text(server === "strict" ? "pid" : "client");
	const wire = client.client.transport as unknown as { _endpoint?: URL };
	const { _endpoint } = wire;
	const back = async () =>
		dialect.transport === "streamable" ||
		eventually(() => wire._endpoint !== _endpoint, "it has no endpoint again");
	return { client, noted, mark: 0, before, back };
}

/** Nobody told it to begin anew, and it did not. */
function expectUnharmed({ client, noted, mark }: Veteran): void {
	const since = noted.slice(mark);
	expect(since.map(({ status }) => status).filter((s) => s >= 400)).toEqual([]);
	const posted = since.flatMap(({ message }) => message?.method ?? []);
	expect(posted).not.toContain("initialize");
	expect(posted).toContain("tools/call");
	if (client.transport === "sse") return;
	const [first, ...others] = noted.map((one) => one.headers);
	expect(first?.has("mcp-session-id")).toBe(false);
	const ids = new Set(others.map((headers) => headers.get("mcp-session-id")));
	expect(ids.size).toBe(1);
}

describe.each([
	{
		signal: "SIGTERM",
		place: "the environment",
		options: {},
		env: { MCP_EDGE_BRIDGE_SESSION_KEY: key },
	},
	{
		signal: "SIGKILL",
		place: "the config",
		options: { sessionKey: key },
		// The config's is the one that counts.
		env: { MCP_EDGE_BRIDGE_SESSION_KEY: "too short" },
	},
] as const)("with a key in $place, after $signal", ({
	signal,
	options,
	env,
}) => {
	/** By the dialects' places in their table. */
	let ofStrict: Veteran[];
	let ofEverything: Veteran[];
	const all = () => [...ofStrict, ...ofEverything];

	beforeAll(async () => {
		const start = await atOneAddress({ servers, ...options }, { env });
		const gone = await start();
		[ofStrict, ofEverything] = await Promise.all([
			Promise.all(dialects.map((each) => veteran(gone, "strict", each))),
			Promise.all(dialects.map((each) => veteran(gone, "everything", each))),
		]);
		for (const each of all()) each.mark = each.noted.length;
		await gone.stop(signal);
		const bridge = await start();
		expect(bridge.url).toBe(gone.url);
		return () => Promise.all(all().map(({ client }) => client.close()));
	}, 120_000);

	test.each(
		dialects,
	)("a client of SDK $sdk over $transport goes on without initialize, and sees no 404", async (dialect) => {
		const own = ofStrict[dialects.indexOf(dialect)] as Veteran;
		const { client, before } = own;
		await own.back();
		expect(await client.text("echo", { message: "é" })).toBe("é");
		expect(await client.text("pid")).not.toBe(before);
		expect(await client.text("violations")).toBe("[]");
		expect(linesOf(violations)).toEqual([]);
		expectUnharmed(own);
	});

	test.each(
		dialects.filter(({ transport }) => transport === "streamable"),
	)("a client of SDK $sdk over $transport has a child that knows what it can do, and is asked", async (dialect) => {
		const own = ofEverything[dialects.indexOf(dialect)] as Veteran;
		const { client, before } = own;
		const question = sample("still there?");
		const answer = await client.text("ask", question);
		expect(JSON.parse(answer)).toEqual(answerTo(question));
		const form = await client.text("elicit-form", { message: "and you?" });
		expect(JSON.parse(form)).toMatchObject({ action: "accept" });
		expect(JSON.parse(await client.text("client"))).toEqual(JSON.parse(before));
		expect(JSON.parse(before)).toMatchObject({
			capabilities: everyCapability,
			clientInfo: { name: `veteran-${dialect.sdk}`, version: "3.2.1" },
		});
		expectUnharmed(own);
	});

	// Their second GET does not say which session was theirs: the SDKs leave out the EventSource's own headers.
	test.each(
		dialects.filter(({ transport }) => transport === "sse"),
	)("a client of SDK $sdk over $transport with capabilities goes on as one without", async (dialect) => {
		const own = ofEverything[dialects.indexOf(dialect)] as Veteran;
		const { client } = own;
		await own.back();
		expect(await client.text("echo", { message: "é" })).toBe("é");
		await expect(client.text("ask", sample("and you?"))).rejects.toThrow(
			"declared no such capability",
		);
		expectUnharmed(own);
	});
});
