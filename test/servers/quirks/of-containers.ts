import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import type { Json } from "../../harness/clients.ts";
import { expectEqual, Missing } from "../expect.ts";
import { which } from "../install.ts";
import { run } from "../run.ts";
import { example, scratch } from "../scratch.ts";
import type { Quirk } from "./quirk.ts";

interface Asked {
	method: string;
	url: URL;
	body: Json;
}

/** What can be checked of examples/nine/container.ts without a container engine. */
export const quirksOfContainers: Quirk[] = [
	{
		claim:
			"filesystem in a container: the docker client makes the container of its command line that is meant",
		async prove() {
			const { command, args, stopCommand } = await entry();
			const asked = await askedOfEngine([command, ...args]);
			const made = asked.find(({ url }) =>
				url.pathname.endsWith("/containers/create"),
			);
			if (made === undefined) throw new Error("it did not ask for a container");
			const { Image, Cmd, OpenStdin, StdinOnce, Tty } = made.body;
			const { AutoRemove, Init, Mounts } = made.body.HostConfig as Json;
			const meant = {
				name: made.url.searchParams.get("name"),
				...{ Image, Cmd, OpenStdin, StdinOnce, Tty, AutoRemove, Init, Mounts },
			};
			const wanted = {
				name: stopCommand.at(-1),
				Image: "mcp/filesystem",
				Cmd: ["/projects"],
				OpenStdin: true,
				StdinOnce: true,
				Tty: false,
				AutoRemove: true,
				Init: true,
				Mounts: [
					{ Type: "bind", Source: scratch("files"), Target: "/projects" },
				],
			};
			expectEqual(JSON.stringify(meant), JSON.stringify(wanted), "it");
		},
	},
	{
		claim: "filesystem in a container: its stopCommand removes that container",
		async prove() {
			const { args, stopCommand } = await entry();
			const asked = await askedOfEngine(stopCommand);
			const removed = asked.find(({ method }) => method === "DELETE");
			const name = args[args.indexOf("--name") + 1];
			const path = removed?.url.pathname.replace(/^\/v[\d.]+/, "");
			expectEqual(
				`${removed?.method} ${path}`,
				`DELETE /containers/${name}`,
				"it",
			);
			expectEqual(removed?.url.searchParams.get("force"), "1", "force");
		},
	},
];

async function entry() {
	process.env.FILES_DIR ??= scratch("files");
	const { default: config } = await import(example("container.ts"));
	const { filesystem } = config.servers;
	return filesystem as {
		command: string;
		args: string[];
		stopCommand: string[];
	};
}

/** What a docker client asks of its engine. This one knows the wish, and refuses it: no engine runs here. */
async function askedOfEngine([command = "", ...args]: string[]) {
	const client = which(command);
	if (client === undefined)
		throw new Missing(`there is no ${command} client here`);
	const asked: Asked[] = [];
	const socket = scratch("docker.sock");
	const engine = createServer(async (request, response) => {
		const body = await text(request);
		const url = new URL(request.url ?? "/", "http://engine");
		if (url.pathname !== "/_ping")
			asked.push({
				method: request.method ?? "",
				url,
				body: body === "" ? {} : JSON.parse(body),
			});
		const isPing = url.pathname === "/_ping";
		response.writeHead(isPing ? 200 : 400, {
			"api-version": "1.45",
			"content-type": "application/json",
		});
		response.end(isPing ? "" : '{"message":"no engine"}');
	});
	await new Promise<void>((resolve) => engine.listen(socket, resolve));
	try {
		await run([client, ...args], {
			env: { DOCKER_HOST: `unix://${socket}`, DOCKER_CONTEXT: "" },
		});
		throw new Error("the client took a refusal for an answer");
	} catch (error) {
		if (!(error as Error).message.includes("no engine")) throw error;
	} finally {
		engine.closeAllConnections();
		await new Promise((resolve) => engine.close(resolve));
	}
	return asked;
}
