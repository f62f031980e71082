import { type Attributes, SpanKind } from "@opentelemetry/api";
import type { Request } from "../protocol/messages.ts";
import { bounded } from "./bounded.ts";
import type { SpanShape } from "./bridge-span.ts";

/** The shapes of the two spans of a request. */
export interface SpanShapePair {
	server: SpanShape;
	client: SpanShape;
}

const maxShapes = 1000;

/** Shapes of spans by what is asked for. Clients choose the names, so there is a bound. */
export class SpanShapes {
	readonly #shapes = new Map<string, SpanShapePair>();

	of(server: string, { method, params }: Request): SpanShapePair {
		const isNamed = method === "tools/call" || method === "prompts/get";
		const target =
			isNamed && typeof params?.name === "string" ? params.name : "";
		const key = `${server}\n${method}\n${target}`;
		const known = this.#shapes.get(key);
		if (known) return known;
		const pair = pairOf(server, bounded(method), bounded(target));
		if (this.#shapes.size >= maxShapes) this.#shapes.clear();
		// A name of any length would be kept as the key.
		if (key.length < maxShapes) this.#shapes.set(key, pair);
		return pair;
	}
}

/** Semantic conventions for MCP, 'Spans'. */
function pairOf(server: string, method: string, target: string): SpanShapePair {
	const name = target === "" ? method : `${method} ${target}`;
	const common: Attributes = {
		"mcp.method.name": method,
		"mcp_edge_bridge.server": server,
		...(method === "tools/call" && { "gen_ai.operation.name": "execute_tool" }),
		...(target !== "" && {
			[method === "tools/call" ? "gen_ai.tool.name" : "gen_ai.prompt.name"]:
				target,
		}),
	};
	return {
		client: {
			name,
			kind: SpanKind.CLIENT,
			attributes: { ...common, "network.transport": "pipe" },
		},
		server: {
			name,
			kind: SpanKind.SERVER,
			attributes: {
				...common,
				"network.transport": "tcp",
				"network.protocol.name": "http",
				"http.request.method": "POST",
			},
		},
	};
}
