import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { root } from "../harness/runtimes.ts";

const folder = mkdtempSync(path.join(tmpdir(), "mcp-edge-bridge-servers-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** A path in a folder that goes with this process. */
export const scratch = (name: string) => path.join(folder, name);

/** A path in a folder that stays, out of git, for the next run. */
export const cached = (name: string) =>
	path.join(root, "node_modules/.cache/servers", name);

/** A path of the example. */
export const example = (name: string) => path.join(root, "examples/nine", name);
