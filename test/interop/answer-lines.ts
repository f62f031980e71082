import { createInterface } from "node:readline";

/** A client that is asked for what the programs of docs/clients are asked for. */
export interface Asked {
	list(): Promise<string[]>;
	/** The text of the first content block. */
	call(
		name: string,
		args: Record<string, unknown>,
		onProgress: (progress: number) => void,
	): Promise<string | undefined>;
}

/** Answers the lines of stdin as the programs of docs/clients do, until it ends. */
export async function answerLines(client: Asked): Promise<void> {
	const say = (what: object) => console.log(JSON.stringify(what));
	for await (const line of createInterface(process.stdin)) {
		const [, name = "", args = ""] = /^(\S*) ?(.*)$/.exec(line) ?? [];
		try {
			if (name === "") say({ tools: await client.list() });
			else
				say({
					text: await client.call(name, JSON.parse(args), (progress) =>
						say({ progress }),
					),
				});
		} catch (error) {
			say({ error: String(error) });
		}
	}
}
