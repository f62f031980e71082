import type { Json } from "./clients.ts";
import { eventually } from "./processes.ts";
import type { Message } from "./raw-http.ts";
import { linesOf } from "./scratch.ts";
import { fixture, type ServerInput } from "./start-bridge.ts";

/** A message that a raw fixture got, and which of its processes. */
export interface Recorded {
	pid: number;
	message: Message;
}

/** A raw fixture that records what it gets, as an entry of servers.ts. */
export function recording(
	name: "legacy-raw" | "modern-raw" | "dual-raw",
	file: string,
	more: Json & { args?: string[]; env?: Record<string, string> } = {},
): ServerInput {
	const { args = [], env = {}, ...options } = more;
	return fixture(name, args, {
		...options,
		env: { ...env, RECORD_FILE: file },
	});
}

/** All that the processes of a raw fixture have got, in order. */
export function recorded(file: string): Recorded[] {
	return linesOf(file).map((line) => JSON.parse(line));
}

/** The messages of this method among them. */
export function recordedOf(file: string, method: string): Message[] {
	return recorded(file)
		.map(({ message }) => message)
		.filter((message) => message.method === method);
}

/** The first message that matches, as soon as the fixture has got it. */
export function recordedOnce(
	file: string,
	matches: (message: Message) => boolean,
): Promise<Recorded> {
	return eventually(
		() => recorded(file).find(({ message }) => matches(message)),
		() => `the fixture did not get it, but ${lastOf(file)}`,
	);
}

/** The `notifications/cancelled` of the call that has this name among its arguments, as soon as the fixture got it. */
export function cancelledCall(file: string, name: string): Promise<Recorded> {
	const isCall = ({ message: { method, params } }: Recorded) =>
		method === "tools/call" && (params?.arguments as Json)?.name === name;
	return eventually(
		() => {
			const all = recorded(file);
			const call = all.find(isCall);
			return all.find(
				({ pid, message: { method, params } }) =>
					method === "notifications/cancelled" &&
					pid === call?.pid &&
					params?.requestId === call.message.id,
			);
		},
		() => `"${name}" was not cancelled: ${lastOf(file)}`,
	);
}

const lastOf = (file: string) =>
	linesOf(file)
		.slice(-8)
		.map((line) => line.slice(0, 200))
		.join("\n");
