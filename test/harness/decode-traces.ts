/** A span as a collector gets it. */
export interface ReceivedSpan {
	traceId: string;
	spanId: string;
	parentSpanId: string;
	traceState: string;
	name: string;
	/** Of OTLP: 2 is server, 3 is client. */
	kind: number;
	start: bigint;
	end: bigint;
	attributes: Record<string, string>;
	links: { traceId: string; spanId: string; flags: number }[];
	/** 2 is an error. */
	status: { code: number; message: string };
	flags: number;
	resource: Record<string, string>;
	scope: string;
}

type Value = bigint | Uint8Array;

/** The fields of one message by their number, each as often as it is there. */
function fieldsOf(bytes: Uint8Array): Map<number, Value[]> {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	const fields = new Map<number, Value[]>();
	let at = 0;
	const varint = (): bigint => {
		let value = 0n;
		for (let shift = 0n; ; shift += 7n) {
			const byte = view.getUint8(at++);
			value |= BigInt(byte & 127) << shift;
			if (byte < 128) return value;
		}
	};
	while (at < bytes.length) {
		const tag = Number(varint());
		let value: Value;
		switch (tag & 7) {
			case 0:
				value = varint();
				break;
			case 1:
				value = view.getBigUint64(at, true);
				at += 8;
				break;
			case 5:
				value = BigInt(view.getUint32(at, true));
				at += 4;
				break;
			case 2: {
				const length = Number(varint());
				if (at + length > bytes.length) throw new Error("cut off");
				value = bytes.subarray(at, at + length);
				at += length;
				break;
			}
			default:
				throw new Error(`wire type ${tag & 7}`);
		}
		const field = tag >> 3;
		fields.set(field, [...(fields.get(field) ?? []), value]);
	}
	return fields;
}

const parts = (fields: Map<number, Value[]>, field: number) =>
	(fields.get(field) ?? []) as Uint8Array[];
const number = (fields: Map<number, Value[]>, field: number) =>
	(fields.get(field)?.[0] as bigint | undefined) ?? 0n;
const hex = (fields: Map<number, Value[]>, field: number) =>
	Buffer.from(parts(fields, field)[0] ?? []).toString("hex");
const text = (fields: Map<number, Value[]>, field: number) =>
	Buffer.from(parts(fields, field)[0] ?? []).toString();

function attributesOf(fields: Map<number, Value[]>, field: number) {
	return Object.fromEntries(
		parts(fields, field).map((part) => {
			const pair = fieldsOf(part);
			const [value = new Uint8Array()] = parts(pair, 2);
			return [text(pair, 1), text(fieldsOf(value), 1)];
		}),
	);
}

/** The spans of an OTLP request in Protocol Buffers (opentelemetry/proto/trace/v1). */
export function decodeTraces(bytes: Uint8Array): ReceivedSpan[] {
	return parts(fieldsOf(bytes), 1).flatMap((resourceSpans) => {
		const ofResource = fieldsOf(resourceSpans);
		const [resource = new Uint8Array()] = parts(ofResource, 1);
		return parts(ofResource, 2).flatMap((scopeSpans) => {
			const ofScope = fieldsOf(scopeSpans);
			const [scope = new Uint8Array()] = parts(ofScope, 1);
			return parts(ofScope, 2).map((part): ReceivedSpan => {
				const span = fieldsOf(part);
				const status = fieldsOf(parts(span, 15)[0] ?? new Uint8Array());
				return {
					traceId: hex(span, 1),
					spanId: hex(span, 2),
					traceState: text(span, 3),
					parentSpanId: hex(span, 4),
					name: text(span, 5),
					kind: Number(number(span, 6)),
					start: number(span, 7),
					end: number(span, 8),
					attributes: attributesOf(span, 9),
					links: parts(span, 13).map((part) => {
						const link = fieldsOf(part);
						return {
							traceId: hex(link, 1),
							spanId: hex(link, 2),
							flags: Number(number(link, 6)),
						};
					}),
					status: { code: Number(number(status, 3)), message: text(status, 2) },
					flags: Number(number(span, 16)),
					resource: attributesOf(fieldsOf(resource), 1),
					scope: `${text(fieldsOf(scope), 1)} ${text(fieldsOf(scope), 2)}`,
				};
			});
		});
	});
}
