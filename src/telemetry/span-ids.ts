import { randomFillSync } from "node:crypto";

const pool = new Uint8Array(4096);
let digits = "";
let used = 0;

/** Random hexadecimal digits, not all of them 0. They are made many at a time. */
function randomDigits(count: number): string {
	if (used + count > digits.length) {
		digits = Buffer.from(randomFillSync(pool).buffer).toString("hex");
		used = 0;
	}
	const id = digits.slice(used, used + count);
	used += count;
	return /[^0]/.test(id) ? id : randomDigits(count);
}

/** A new trace id (W3C Trace Context, section 3.2.2.3). */
export function newTraceId(): string {
	return randomDigits(32);
}

/** A new span id (section 3.2.2.4). */
export function newSpanId(): string {
	return randomDigits(16);
}
