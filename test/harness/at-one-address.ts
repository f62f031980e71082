import { freePort } from "./free-port.ts";
import {
	type Bridge,
	type BridgeInput,
	type StartOptions,
	startBridge,
} from "./start-bridge.ts";

/** Starts bridges that follow each other at one address: each call starts one, when the one before is gone. */
export async function atOneAddress(
	input: BridgeInput,
	options: StartOptions = {},
): Promise<() => Promise<Bridge>> {
	const args = [...(options.args ?? []), "--port", String(await freePort())];
	return () => startBridge(input, { ...options, args });
}
