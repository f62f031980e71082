import { parser } from "@prometheus-io/lezer-promql";

/** What a PromQL expression takes for granted. */
export interface PromqlNames {
	metrics: string[];
	/** That it matches, groups or joins by. */
	labels: string[];
	/** Those that a matcher names, by itself or as alternatives; what it excludes is not among them. */
	values: { label: string; value: string }[];
}

/** Reads an expression as Prometheus does; throws where that could not. */
export function namesOf(expression: string): PromqlNames {
	const names: PromqlNames = { metrics: [], labels: [], values: [] };
	parser.parse(expression).iterate({
		enter({ node, name }) {
			const text = ({ from, to } = node) => expression.slice(from, to);
			const child = (of: string) => text(node.getChild(of) ?? undefined);
			if (node.type.isError) {
				throw new Error(`Not PromQL at ${node.from}: ${expression}`);
			}
			if (name === "VectorSelector") names.metrics.push(child("Identifier"));
			if (name === "LabelName") names.labels.push(text());
			if (name === "UnquotedLabelMatcher") {
				const operator = child("MatchOp");
				const value = child("StringLiteral").slice(1, -1);
				if (operator.startsWith("!") || value === ".*") return;
				const all = operator === "=~" ? value.split("|") : [value];
				const label = child("LabelName");
				names.values.push(...all.map((value) => ({ label, value })));
			}
		},
	});
	return names;
}
