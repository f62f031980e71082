import { table } from "../../harness/table.ts";
import type { CellResult } from "./cell-result.ts";
import { clientRevisions, type Era, eraOf } from "./era-client.ts";

const marks: Record<CellResult["kind"], string> = {
	"as is": "✓",
	translated: "⇄",
	"in part": "◐",
	"not there": "–",
};

const introduction = `# Compatibility

Every client works with every server. This page says of each feature of the protocol what is translated on the way, and what is lost. What is lost is listed below: whether the client gets an error instead, or under which name the loss is counted in \`/status\`, in \`dropped\`.

The page is made by \`npm run compatibility\` from the results of a test of each cell, with a real server behind the bridge (\`test/suite/eras\`). It holds for isolation \`"auto"\`, the default.

*Legacy* are the revisions with an \`initialize\` handshake, 2024-11-05 to 2025-11-25; *modern* is 2026-07-28, which has none. A legacy server is opened in 2025-11-25, whatever its clients speak.

| mark | meaning |
| ---- | ------- |
| ✓    | as is: what one side says reaches the other unchanged |
| ⇄    | translated: all of it is there, by other messages |
| ◐    | in part: some of it is lost |
| –    | not there |
| °    | the client's revision does not define it; the bridge passes it on all the same |`;

const ofEveryMessage = `Between a legacy and a modern side all messages are translated in this, which the tables do not repeat:

- A modern request says in \`_meta\` which revision it is of, who asks, what can be asked of the client and which log messages it wants. These keys, \`io.modelcontextprotocol/…\`, are taken off for a legacy server and added for a modern one. All other keys stay.
- A modern result says that it is complete, who the server is, and for some methods how long it holds. These members are added for a modern client and taken off for a legacy one.
- Ids of requests, progress tokens and ids of subscriptions are other ones at the server in any case. Each side sees its own.`;

const protocolOption = `## The option \`protocol\`

What a server speaks is found out, or said by \`protocol\` in its entry of \`servers.ts\`:

| value | which table holds |
| ----- | ----------------- |
| \`"auto"\` | The server is opened with \`initialize\`. One that refuses the revision is started again in one that it speaks; as a modern one where that is 2026-07-28 only. One that speaks both is a legacy server. |
| \`"legacy"\`, or a legacy revision such as \`"2024-11-05"\` | That of legacy servers. A server that speaks 2026-07-28 only does not start. |
| \`"modern"\` | That of modern servers. For a server that is known to speak 2026-07-28: others may exit. |
| \`"dual"\` | For a server that speaks both: legacy clients have it as a legacy server, modern clients as a modern one. Nothing is translated. |`;

/** docs/compatibility.md */
export function compatibilityPage(cells: readonly CellResult[]): string {
	const features = [...new Set(cells.map(({ feature }) => feature))];
	const ofFeature = (name: string) =>
		cells.filter(({ feature }) => feature === name);
	const remarkable = features.filter((name) =>
		ofFeature(name).some(({ kind, note }) => kind !== "as is" || note),
	);
	const plain = features.filter((name) => !remarkable.includes(name));
	return `${[
		introduction,
		"## Legacy servers",
		tableOf(cells, features, "legacy"),
		"## Modern servers",
		tableOf(cells, features, "modern"),
		"## What is translated, and what is lost",
		ofEveryMessage,
		`As is everywhere: ${plain.map(startSmall).join("; ")}.`,
		...remarkable.flatMap((name) => [`### ${name}`, notesOf(ofFeature(name))]),
		protocolOption,
	].join("\n\n")}\n`;
}

function tableOf(
	cells: readonly CellResult[],
	features: readonly string[],
	server: Era,
): string {
	const rows = features.map((name) => [
		name,
		...clientRevisions.map((client) =>
			markOf(
				cells.find(
					(cell) =>
						cell.feature === name &&
						cell.client === client &&
						cell.server === server,
				),
			),
		),
	]);
	const [oldest, ...others] = clientRevisions;
	return table([["client:", `${oldest}, HTTP+SSE`, ...others], ...rows]);
}

function markOf(cell: CellResult | undefined): string {
	if (!cell) return "?";
	const { kind, since, client } = cell;
	const isPassedOn = kind === "as is" || kind === "translated";
	// Revisions are dates, and so is their order.
	const isForeign = since !== undefined && client < since;
	return `${marks[kind]}${isPassedOn && isForeign ? "°" : ""}`;
}

/** A line for each different outcome, with the pairs of eras that have it. */
function notesOf(cells: readonly CellResult[]): string {
	const pairs = new Map<string, Set<string>>();
	for (const { kind, note, client, server } of cells) {
		const outcome = `${marks[kind]} ${kind}.${note ? ` ${note}` : ""}`;
		const known = pairs.get(outcome) ?? new Set();
		pairs.set(outcome, known.add(`${eraOf(client)} client, ${server} server`));
	}
	const since = cells[0]?.since;
	return [
		...(since ? [`Came with ${since}.`, ""] : []),
		...[...pairs].map(([outcome, of]) => `- ${whom(of)}: ${outcome}`),
	].join("\n");
}

function whom(pairs: ReadonlySet<string>): string {
	const names = [...pairs];
	if (names.length === 4) return "All";
	for (const side of ["legacy client", "modern client"])
		if (names.length === 2 && names.every((name) => name.startsWith(side)))
			return `${startLarge(side)}s`;
	for (const side of ["legacy server", "modern server"])
		if (names.length === 2 && names.every((name) => name.endsWith(side)))
			return `${startLarge(side)}s`;
	return startLarge(names.join("; "));
}

const startLarge = (text: string) =>
	text.charAt(0).toUpperCase() + text.slice(1);
const startSmall = (text: string) =>
	text.charAt(0).toLowerCase() + text.slice(1);
