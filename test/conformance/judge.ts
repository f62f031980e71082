/** An entry of a scenario's checks.json, as far as it is looked at. */
export interface Check {
	id: string;
	status: "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "INFO";
	errorMessage?: string;
}

export interface Verdict {
	passed: boolean;
	/** Why not. */
	reasons: string[];
}

/**
 * By the rule of the suite's tier check: nothing failed, and something succeeded. The CLI's own tick does without the
 * second half.
 */
export function judge(checks: readonly Check[]): Verdict {
	const reasons = checks
		.filter(({ status }) => status === "FAILURE")
		.map(({ id, errorMessage }) => `${id}: ${errorMessage}`);
	if (!checks.some(({ status }) => status === "SUCCESS"))
		reasons.push("no check succeeded");
	return { passed: reasons.length === 0, reasons };
}
