import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { connect } from "../../harness/clients.ts";
import { serverStatus } from "../../harness/status.ts";
import type { Backends } from "../backends.ts";
import { expectContains, expectEqual, need } from "../expect.ts";
import { memoryFile } from "../proofs.ts";
import { scratch } from "../scratch.ts";
import { open } from "../transports.ts";
import type { Quirk } from "./quirk.ts";

/** Those that the example as it is has to cope with. */
export function quirksOfTheNine(
	url: string,
	{ npm, chromium, pages, n8n, github, githubApi }: Backends,
): Quirk[] {
	return [
		{
			claim: "memory: 50 concurrent creates of 5 clients all survive",
			async prove() {
				need(npm);
				const names = Array.from({ length: 50 }, () => randomUUID());
				const clients = await Promise.all(
					names.slice(0, 5).map(() => open(url, "memory", "Streamable HTTP")),
				);
				await Promise.all(
					names.map((name, index) =>
						clients[index % 5]?.text("create_entities", {
							entities: [{ name, entityType: "test", observations: [] }],
						}),
					),
				);
				const kept = readFileSync(memoryFile, "utf8");
				const lost = names.filter((name) => !kept.includes(name));
				expectEqual(lost.length, 0, "the number of lost ones");
				await Promise.all(clients.map((client) => client.close()));
			},
		},
		{
			claim: "filesystem: a client's roots open no other folder",
			async prove() {
				need(npm);
				const secret = scratch("secret.txt");
				writeFileSync(secret, "secret");
				const client = await connect({ url }, "filesystem", {
					capabilities: { roots: { listChanged: true } },
					answers: {
						"roots/list": () => ({
							roots: [{ uri: `file://${path.dirname(secret)}` }],
						}),
					},
				});
				// It asks for them as soon as it can, and goes on meanwhile.
				for (let round = 0; round < 20; round++) {
					const result = await client.call("read_text_file", { path: secret });
					expectEqual(result.isError, true, "that it is refused");
					expectContains(JSON.stringify(result), "outside", "the reason");
				}
				await client.close();
			},
		},
		{
			claim: "playwright: two clients do not see each other's page",
			async prove() {
				need(npm);
				need(chromium);
				const texts = [randomUUID(), randomUUID()];
				const clients = await Promise.all(
					texts.map(() => open(url, "playwright", "Streamable HTTP")),
				);
				for (const [index, client] of clients.entries())
					await client.text("browser_navigate", {
						url: need(pages).url(texts[index] ?? ""),
					});
				for (const [index, client] of clients.entries()) {
					const snapshot = await client.text("browser_snapshot");
					expectContains(snapshot, texts[index] ?? "", "its own page");
					expectEqual(
						snapshot.includes(texts[1 - index] ?? ""),
						false,
						"that it has the other's page",
					);
				}
				await Promise.all(clients.map((client) => client.close()));
			},
		},
		{
			claim: "n8n: a failure comes as success: false, without isError",
			async prove() {
				need(npm);
				need(n8n);
				const client = await open(url, "n8n", "Streamable HTTP");
				const args = { id: randomUUID() };
				const { text, isError } = await client.call("n8n_get_workflow", args);
				expectEqual(isError, false, "isError");
				expectEqual(JSON.parse(text).success, false, "success");
				await client.close();
			},
		},
		{
			claim: "github: many clients initialize, and one process serves them",
			async prove() {
				need(github);
				need(githubApi);
				const clients = await Promise.all(
					[1, 2, 3].map(() => open(url, "github", "Streamable HTTP")),
				);
				for (const client of clients) await client.text("get_me");
				const { spawned } = await serverStatus({ url }, "github");
				expectEqual(spawned, 1, "the number of processes so far");
				await Promise.all(clients.map((client) => client.close()));
			},
		},
	];
}
