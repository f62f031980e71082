import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { parseJson, printJson } from "../protocol/json.ts";
import { isMembers } from "../protocol/messages.ts";
import type { Seal } from "./seal.ts";

/**
 * A seal by HMAC-SHA256 over JSON, as `content.mac`, both in base64url.
 *
 * @param key who has it can make such texts
 */
export function hmacSeal(key: Uint8Array): Seal {
	const mac = (content: string) =>
		createHmac("sha256", key).update(content).digest();
	return {
		seal(content) {
			const text = Buffer.from(printJson(content)).toString("base64url");
			return `${text}.${mac(text).toString("base64url")}`;
		},
		open(sealed) {
			const [text, given, ...rest] = sealed.split(".");
			if (!text || !given || rest.length > 0) return undefined;
			const expected = mac(text);
			const actual = Buffer.from(given, "base64url");
			// base64url reads over what is no part of it: only the one way of writing it counts.
			if (actual.toString("base64url") !== given) return undefined;
			if (actual.length !== expected.length) return undefined;
			if (!timingSafeEqual(actual, expected)) return undefined;
			const content: unknown = parseJson(
				Buffer.from(text, "base64url").toString(),
			);
			return isMembers(content) ? content : undefined;
		},
		digest: (text) => createHash("sha256").update(text).digest("base64url"),
	};
}

/** A key of its own for one purpose, so that what is sealed for one is worth nothing for another. */
export function keyFor(purpose: string, key: string | Uint8Array): Uint8Array {
	return createHmac("sha256", key).update(purpose).digest();
}
