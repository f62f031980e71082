import { readdirSync, readFileSync } from "node:fs";
import { type Bridge, childPids } from "../harness/start-bridge.ts";

/** What a bridge holds. */
export interface Resources {
	residentMib: number;
	descriptors: number;
	/** Its running children. */
	children: number;
}

export function resourcesOf(bridge: Bridge): Resources {
	const status = readFileSync(`/proc/${bridge.pid}/status`, "utf8");
	const kib = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
	return {
		residentMib: Math.round(kib / 1024),
		descriptors: readdirSync(`/proc/${bridge.pid}/fd`).length,
		children: childPids(bridge).length,
	};
}

/** Pipes to stdin, stdout and stderr, and what a runtime may watch it by. */
const mostDescriptorsOfChild = 4;

/** Descriptors besides those of children, or fewer. */
export function ownDescriptors({ descriptors, children }: Resources): number {
	return descriptors - mostDescriptorsOfChild * children;
}
