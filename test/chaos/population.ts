import type { ChaosClient, ClientContext } from "./chaos-client.ts";
import type { Random } from "./random.ts";
import { rawModernClient } from "./raw-modern-client.ts";
import { rawSseClient } from "./raw-sse-client.ts";
import { rawStreamableClient } from "./raw-streamable-client.ts";
import { sdkClient } from "./sdk-client.ts";
import type { LoadedServer } from "./servers.ts";
import { sessionlessClient } from "./sessionless-client.ts";

/** One kind of client. */
interface Dialect {
	name: string;
	count: number;
	/** Without one it cannot use every server. */
	hasSession: boolean;
	create(context: ClientContext): ChaosClient;
}

const roots = { capabilities: { roots: {} } };

const dialects: readonly Dialect[] = [
	{ name: "raw-sse", count: 10, hasSession: true, create: rawSseClient },
	{
		name: "sdk1-sse",
		count: 5,
		hasSession: true,
		create: (context) => sdkClient(context, { sdk: "v1", transport: "sse" }),
	},
	{
		name: "sdk2-sse",
		count: 2,
		hasSession: true,
		create: (context) => sdkClient(context, { sdk: "v2", transport: "sse" }),
	},
	{
		name: "raw-streamable",
		count: 4,
		hasSession: true,
		create: (context) => rawStreamableClient(context),
	},
	{
		name: "raw-listening",
		count: 4,
		hasSession: true,
		create: (context) => rawStreamableClient(context, { listens: true }),
	},
	{
		name: "raw-rooted",
		count: 2,
		hasSession: true,
		create: (context) => rawStreamableClient(context, roots),
	},
	{
		name: "sdk1-streamable",
		count: 6,
		hasSession: true,
		create: (context) =>
			sdkClient(context, { sdk: "v1", transport: "streamable" }),
	},
	{
		name: "sdk2-streamable",
		count: 2,
		hasSession: true,
		create: (context) =>
			sdkClient(context, { sdk: "v2", transport: "streamable" }),
	},
	{
		name: "sessionless",
		count: 6,
		hasSession: false,
		create: sessionlessClient,
	},
	{
		name: "raw-modern",
		count: 7,
		hasSession: false,
		create: rawModernClient,
	},
	{
		name: "sdk2-modern",
		count: 2,
		hasSession: false,
		create: (context) =>
			sdkClient(context, { sdk: "v2", transport: "streamable", modern: true }),
	},
];

/** A client of the run, and whose it is. */
export interface Inhabitant {
	name: string;
	server: LoadedServer;
	textIds: boolean;
	create(context: ClientContext): ChaosClient;
}

/** The fifty clients, spread over the servers. */
export function population(
	random: Random,
	servers: readonly LoadedServer[],
): Inhabitant[] {
	return dialects.flatMap(({ name, count, hasSession, create }) => {
		const usable = servers.filter(
			({ sessionsOnly }) => hasSession || !sessionsOnly,
		);
		const first = random.between(0, usable.length - 1);
		return Array.from({ length: count }, (_, index) => ({
			name: `${name}-${index}`,
			server: usable[(first + index) % usable.length] as LoadedServer,
			textIds: random.chance(0.5),
			create,
		}));
	});
}
