import {
	events,
	initializedNotification,
	initializeRequest,
	type Message,
} from "../harness/raw-http.ts";
import {
	type ChaosClient,
	type ClientContext,
	handshake,
	persistently,
} from "./chaos-client.ts";
import { IdBook } from "./id-book.ts";

/**
 * Opens its stream again as an EventSource does, with `Last-Event-ID`, takes
 * the new endpoint and goes on without any further handshake.
 */
export function rawSseClient(context: ClientContext): ChaosClient {
	const { base, network } = context;
	const ids = new IdBook(context, -32000);
	let lastEventId: string | undefined;
	let isInitialized = false;
	let isClosed = false;
	let opening: Promise<void> | undefined;

	async function follow(response: Response): Promise<void> {
		try {
			for await (const { id, event, data } of events(response)) {
				lastEventId = id ?? lastEventId;
				if (data && (event ?? "message") === "message")
					ids.take(JSON.parse(data));
			}
		} catch {
			// The network has accounted for it.
		}
	}

	const openStream = () =>
		persistently(context, "open its stream", async () => {
			network.sse.refused = undefined;
			const headers = {
				accept: "text/event-stream",
				...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
			};
			const response = await network
				.fetch(`${base}/sse`, { headers })
				.catch(() => undefined);
			if (!response?.ok) return `status ${response?.status}`;
			const followed = follow(response);
			await Promise.race([followed, network.sse.settled()]);
			if (network.sse.endpoint === undefined) return "its stream broke";
			// It comes back at once, whether there is something to be asked or not.
			followed.then(reopen).catch(() => {});
			return undefined;
		});
	const reopen = async () => {
		if (isClosed) return;
		opening ??= openStream().finally(() => {
			opening = undefined;
		});
		await opening;
	};

	const send = async (message: Message) => {
		const response = await network.fetch(
			new URL(network.sse.endpoint ?? `${base}/messages`, base),
			{
				method: "POST",
				headers: { "content-type": "application/json" },
				body: JSON.stringify(message),
			},
		);
		await response.text();
	};

	return {
		async ready() {
			if (network.sse.endpoint === undefined) await reopen();
			if (isInitialized) return;
			await handshake(context, -32000, async (request) => {
				if (network.sse.endpoint === undefined) await reopen();
				const id = ids.enter(request);
				const message = initializeRequest("2024-11-05", {}, id);
				Object.assign(message.params ?? {}, {
					clientInfo: { name: request.nonce, version: "0.0.1" },
				});
				await send(message);
				await request.settled;
			});
			isInitialized = true;
			await send(initializedNotification).catch(() => {});
		},
		call(request, args) {
			const id = ids.enter(request);
			const params = { name: request.tool, arguments: args };
			send({ jsonrpc: "2.0", id, method: "tools/call", params }).catch(
				() => {},
			);
		},
		async close() {
			isClosed = true;
			network.leave();
		},
	};
}
