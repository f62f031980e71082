import { expect } from "vitest";
import type { Message } from "./raw-http.ts";

/** An error of the bridge's own has none of the codes that revision 2026-07-28 keeps, but for the three that it has defined. */
export function expectOwnCode({ error }: Message): void {
	const code = error?.code ?? 0;
	const isKept = code <= -32000 && code >= -32099;
	const isDefined = [-32020, -32021, -32022].includes(code);
	expect({ code, free: !isKept || isDefined }).toEqual({ code, free: true });
}

/** The status of a response that refuses a request, and the error that it carries. */
export async function refusal(
	response: Response,
): Promise<[status: number, message: Message]> {
	expect(response.headers.get("content-type")).toMatch(/^application\/json/);
	const message = (await response.json()) as Message;
	expect(message.jsonrpc).toBe("2.0");
	expectOwnCode(message);
	return [response.status, message];
}
