import type { Json } from "../../harness/clients.ts";
import type { Message } from "../../harness/raw-http.ts";
import type { EraClient } from "./era-client.ts";
import { resultOf } from "./replies.ts";

/** The params of the notifications of this method that the server has got so far. */
export async function notedBy(
	client: EraClient,
	method: string,
): Promise<(Json | undefined)[]> {
	const { notifications } = resultOf(await client.ask("fixture/noted"));
	return (notifications as Message[])
		.filter((one) => one.method === method)
		.map(({ params }) => params);
}
