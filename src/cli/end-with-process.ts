import { isatty } from "node:tty";
import { killGuarded } from "../spawn/process/guardian.ts";
import type { ProgramLog } from "./create-logger.ts";

/**
 * `bun run` and `deno task` pass on a signal that a terminal has sent to the
 * whole group already: what comes so soon is the same one again.
 */
const sameSignalMs = 250;

/** How long whoever reads the log gets for its last lines, in ms. */
const lastLinesMs = 500;

/**
 * Ends the bridge with its process, whatever ends that: a signal (exit code 0;
 * a second one ends at once), or an error that nobody caught (exit code 1).
 * Deno fires no `exit` event on the latter, so it is caught here.
 *
 * @param reload what SIGHUP does where there is no terminal that can hang up
 */
export function endWithProcess(
	{ log, output }: ProgramLog,
	close: () => Promise<void>,
	reload: () => void,
): void {
	let ending = false;
	const end = (exitCode: number) => {
		if (ending) {
			killGuarded();
			process.exit(exitCode || 1);
		}
		ending = true;
		close()
			.then(
				() => exitCode,
				(error) => {
					log.fatal({ err: error }, "the bridge could not end in good order");
					return 1;
				},
			)
			.then(async (exitCode) => {
				await output.flush(lastLinesMs);
				process.exit(exitCode);
			});
	};
	const lastAt = new Map<string, number>();
	const hasTerminal = [0, 1, 2].some(isatty);
	for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
		process.on(signal, () => {
			if (signal === "SIGHUP" && !hasTerminal) {
				log.info({ signal }, "reading the config again");
				reload();
				return;
			}
			const now = performance.now();
			const again = now - (lastAt.get(signal) ?? -sameSignalMs) < sameSignalMs;
			lastAt.set(signal, now);
			if (again) return;
			log.info({ signal }, "shutting down");
			end(0);
		});
	}
	for (const event of ["uncaughtException", "unhandledRejection"]) {
		process.on(event, (error: unknown) => {
			if (isSpawnWithoutDescriptors(error)) {
				log.error({ err: error }, "a child could not be started");
				return;
			}
			log.fatal({ err: error }, `the bridge has failed: ${event}`);
			end(1);
		});
	}
	process.on("exit", killGuarded);
}

/** Comes late and to nobody, from a child whose start was refused in the first place. */
function isSpawnWithoutDescriptors(error: unknown): boolean {
	const { code = "", syscall = "" } = Object(error) as NodeJS.ErrnoException;
	return ["EMFILE", "ENFILE"].includes(code) && syscall.startsWith("spawn");
}
