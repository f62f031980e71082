import { Connections } from "../bench/clients/connections.ts";
import { pace } from "./pace.ts";
import { kindOf } from "./session-kinds.ts";

/** How much is driven, and how fast. */
export interface Load {
	readonly sessions: number;
	/** Sessions at one time, at most. */
	readonly concurrency: number;
	/** Sessions a second, at most: how many are open depends on it. */
	readonly rate: number;
}

/** Runs sessions of all kinds. The first that fails ends it all. */
export async function drive(
	url: URL,
	{ sessions, concurrency, rate }: Load,
	finished: (count: number) => void,
): Promise<void> {
	let begun = 0;
	let done = 0;
	let failed = false;
	const turn = pace(rate);
	const work = async () => {
		const connections = new Connections(url);
		try {
			while (begun < sessions && !failed) {
				const number = ++begun;
				const kind = kindOf(number);
				await turn();
				await kind.run({ url, number, connections }).catch((error) => {
					failed = true;
					throw new Error(
						`Session ${number} (${kind.name}): ${error.message}`,
						{ cause: error },
					);
				});
				finished(++done);
			}
		} finally {
			connections.close();
		}
	};
	await Promise.all(Array.from({ length: concurrency }, work));
}
