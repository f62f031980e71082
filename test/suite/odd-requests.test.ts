import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { oddRequests } from "../harness/odd-requests.ts";
import { RawSocket } from "../harness/raw-socket.ts";
import { type Bridge, fixture, startBridge } from "../harness/start-bridge.ts";
import { callOnce, textOf } from "../harness/status.ts";

/** Whatever a client sends is refused in a line, by the bridge or by the runtime before it: it is no failure of the bridge. */

let bridge: Bridge;
let host: string;
beforeAll(async () => {
	bridge = await startBridge({
		servers: { everything: fixture("everything") },
	});
	host = new URL(bridge.url).host;
});

/** The status that a request gets; undefined where the connection is closed without one. */
async function statusOf(request: string): Promise<number | undefined> {
	const socket = await RawSocket.open(bridge);
	socket.write(Buffer.from(request, "latin1"));
	// What the body may still owe does not come.
	socket.halfClose();
	await Promise.race([
		socket.closed,
		socket.until(/^HTTP\/1\.[01] \d{3}/).catch(() => {}),
	]);
	socket.close();
	const status = /^HTTP\/1\.[01] (\d{3})/.exec(socket.received)?.[1];
	return status === undefined ? undefined : Number(status);
}

/** Lines of the log that tell of a failure. */
const failures = () => bridge.log.filter((line) => /"level":[56]0/.test(line));

const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
const chunked = `Transfer-Encoding: chunked\r\n\r\n${ping.length.toString(16)}\r\n${ping}\r\n0\r\n\r\n`;
type Case = [method: string, target: string, host: string, rest: string];
const mcp = "/servers/everything/mcp";

describe("a request is served or refused, and no failure", () => {
	test.each<Case>([
		["POST", `http://u:p@HOST${mcp}`, "HOST", chunked],
		["POST", `http://u@HOST/nothing`, "HOST", chunked],
		["POST", "/servers/everything/health", "HOST", chunked],
		["POST", "/servers/nobody/mcp", "HOST", chunked],
		["GET", mcp, "HOST", "Origin: \xff\xfe\r\n\r\n"],
		["GET", mcp, "HOST", "Origin: http://xn--a\r\n\r\n"],
		["GET", mcp, "HOST", "Origin: http://\xe9.localhost\r\n\r\n"],
		["GET", `http://[::1${mcp}`, "HOST", "\r\n"],
		["CONNECT", "x:80", "HOST", "\r\n"],
		...["xn--", "xn--a", "1.2.3.4.5", "x:99999", "%00", "[::1", "a b", "@"].map(
			(odd) => ["DELETE", "/status", odd, "\r\n"] as Case,
		),
	])("%s %s of host %s", async (method, target, name, rest) => {
		const before = failures().length;
		const line = `${method} ${target} HTTP/1.1\r\nHost: ${name}\r\n${rest}`;
		const status = await statusOf(line.replaceAll("HOST", host));
		expect(status ?? 400).not.toBe(500);
		expect(failures().slice(before)).toEqual([]);
	});

	test("at random", async () => {
		const requests = fc.sample(oddRequests(host), { seed: 1, numRuns: 400 });
		const statuses: [number | undefined, string][] = [];
		const next = async (): Promise<void> => {
			const request = requests.pop();
			if (request === undefined) return;
			statuses.push([await statusOf(request), request]);
			await next();
		};
		await Promise.all(Array.from({ length: 8 }, next));
		expect(statuses.filter(([status]) => status === 500)).toEqual([]);
		expect(failures()).toEqual([]);
		const answer = await callOnce(bridge, "everything", "echo", {
			message: "still here",
		});
		expect(textOf(answer)).toContain("still here");
	});
});
