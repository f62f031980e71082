import { randomBytes } from "node:crypto";

/**
 * In the environment of every child, and so of all that it starts: whose they
 * are. A process that is to outlive the bridge takes it out of its environment.
 */
export const markName = "MCP_EDGE_BRIDGE_CHILD_OF";

/** In the environment of the guardian: whose children it guards. */
export const guardianMarkName = "MCP_EDGE_BRIDGE_GUARDIAN";

/** This process, also among those that have had its number or will have it. */
export const ownerId = `${process.pid}-${randomBytes(8).toString("hex")}`;

/** A child's environment with its mark. */
export function marked(
	env: Readonly<Record<string, string>>,
): Record<string, string> {
	return { ...env, [markName]: ownerId };
}
