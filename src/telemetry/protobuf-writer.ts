/** Writes the few kinds of fields that spans have (Protocol Buffers, 'Encoding'), one behind the other. */
export class ProtobufWriter {
	#bytes: Buffer;
	#at = 0;

	/** @param capacity bytes that there is room for; it grows */
	constructor(capacity = 256) {
		this.#bytes = Buffer.allocUnsafe(capacity);
	}

	/** What was written. It is overwritten by what is written after `clear`. */
	get bytes(): Buffer {
		return this.#bytes.subarray(0, this.#at);
	}

	varint(field: number, value: number): void {
		this.#reserve(20);
		this.#varint(field * 8);
		this.#varint(value);
	}

	fixed32(field: number, value: number): void {
		this.#reserve(14);
		this.#varint(field * 8 + 5);
		this.#at = this.#bytes.writeUInt32LE(value, this.#at);
	}

	/** @param ms since 1970, written in nanoseconds */
	time(field: number, ms: number): void {
		this.#reserve(18);
		this.#varint(field * 8 + 1);
		// No number holds so many nanoseconds: whole seconds first, which are exact below 2^21 at a time.
		const seconds = Math.trunc(ms / 1000);
		const rest = Math.trunc((ms - seconds * 1000) * 1e6);
		const upper = Math.trunc(seconds / 65_536) * 1e9;
		const low = (upper % 65_536) * 65_536 + (seconds % 65_536) * 1e9 + rest;
		const high = Math.trunc(upper / 65_536) + Math.trunc(low / 2 ** 32);
		this.#at = this.#bytes.writeUInt32LE(low % 2 ** 32, this.#at);
		this.#at = this.#bytes.writeUInt32LE(high, this.#at);
	}

	/** Hexadecimal digits, as the bytes that they say. */
	hex(field: number, digits: string): void {
		const length = digits.length / 2;
		this.#reserve(length + 20);
		this.#varint(field * 8 + 2);
		this.#varint(length);
		for (let i = 0; i < digits.length; i += 2) {
			this.#bytes[this.#at++] =
				digitOf(digits.charCodeAt(i)) * 16 + digitOf(digits.charCodeAt(i + 1));
		}
	}

	text(field: number, text: string): void {
		// A character has at most three bytes for each of its UTF-16 units.
		this.#reserve(text.length * 3 + 20);
		this.#varint(field * 8 + 2);
		if (text.length < 128) {
			const start = this.#at + 1;
			let isAscii = true;
			for (let i = 0; i < text.length; i++) {
				const unit = text.charCodeAt(i);
				if (unit > 127) isAscii = false;
				this.#bytes[start + i] = unit;
			}
			if (isAscii) {
				this.#bytes[this.#at] = text.length;
				this.#at = start + text.length;
				return;
			}
		}
		this.#varint(Buffer.byteLength(text));
		this.#at += this.#bytes.write(text, this.#at);
	}

	/** Begins a message, whose fields follow; gives what ends it. */
	begin(field: number): number {
		this.#reserve(24);
		this.#varint(field * 8 + 2);
		const start = this.#at;
		this.#at += 2;
		return start;
	}

	/** Ends a message that has begun: its length, of two bytes where these do, stands before it. */
	end(start: number): void {
		let length = this.#at - start - 2;
		for (let more = 16_384; length >= more; more *= 128) {
			this.#reserve(1);
			this.#bytes.copyWithin(
				this.#at - length + 1,
				this.#at - length,
				this.#at,
			);
			this.#at++;
		}
		let at = start;
		const last = this.#at - length - 1;
		for (; at < last; at++) {
			this.#bytes[at] = (length % 128) + 128;
			length = Math.trunc(length / 128);
		}
		this.#bytes[at] = length;
	}

	/** A message of a key and a text, as attributes are. */
	pair(field: number, key: string, text: string): void {
		const size = text.length + key.length;
		if (size > 100 || !this.#pairOfAscii(field, key, text)) {
			const start = this.begin(field);
			this.text(1, key);
			const value = this.begin(2);
			this.text(1, text);
			this.end(value);
			this.end(start);
		}
	}

	/** Where every length is one byte; false, and nothing is written, where it is not so. */
	#pairOfAscii(field: number, key: string, text: string): boolean {
		this.#reserve(128);
		const bytes = this.#bytes;
		const start = this.#at;
		let at = start;
		bytes[at++] = field * 8 + 2;
		bytes[at++] = key.length + text.length + 6;
		bytes[at++] = 10;
		bytes[at++] = key.length;
		let seen = 0;
		for (let i = 0; i < key.length; i++) {
			const unit = key.charCodeAt(i);
			seen |= unit;
			bytes[at++] = unit;
		}
		bytes[at++] = 18;
		bytes[at++] = text.length + 2;
		bytes[at++] = 10;
		bytes[at++] = text.length;
		for (let i = 0; i < text.length; i++) {
			const unit = text.charCodeAt(i);
			seen |= unit;
			bytes[at++] = unit;
		}
		if (seen > 127) return false;
		this.#at = at;
		return true;
	}

	/** A message, or whatever is bytes. */
	part(field: number, bytes: Uint8Array): void {
		this.#reserve(bytes.length + 20);
		this.#varint(field * 8 + 2);
		this.#varint(bytes.length);
		this.raw(bytes);
	}

	/** Fields that are written already. */
	raw(bytes: Uint8Array): void {
		this.#reserve(bytes.length);
		this.#bytes.set(bytes, this.#at);
		this.#at += bytes.length;
	}

	/** Forgets what was written. */
	clear(): void {
		this.#at = 0;
	}

	#varint(value: number): void {
		let rest = value;
		while (rest > 127) {
			this.#bytes[this.#at++] = (rest % 128) + 128;
			rest = Math.trunc(rest / 128);
		}
		this.#bytes[this.#at++] = rest;
	}

	#reserve(count: number): void {
		const needed = this.#at + count;
		if (needed <= this.#bytes.length) return;
		const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length));
		larger.set(this.bytes);
		this.#bytes = larger;
	}
}

/** The value of a lower-case hexadecimal digit. */
function digitOf(code: number): number {
	return code < 58 ? code - 48 : code - 87;
}
