/**
 * Prints what a command has to say. A reader that has gone, as `head` does, ends the command without a word; what else
 * keeps it from being written is told on stderr, with exit code 1.
 */
export function print(text: string): void {
	endWithStdout();
	try {
		process.stdout.write(text);
	} catch (error) {
		// Deno throws where the others have an event.
		endCommand(error as NodeJS.ErrnoException);
	}
}

let isWatched = false;

function endWithStdout(): void {
	if (isWatched) return;
	isWatched = true;
	process.stdout.on("error", endCommand);
}

function endCommand({ code, message }: NodeJS.ErrnoException): never {
	if (code === "EPIPE") process.exit();
	tell(`Cannot write to stdout: ${message} (make room, or print elsewhere)\n`);
	process.exit(1);
}

/** Says something beside the output of a command; where nobody can hear it, it goes on without. */
export function tell(text: string): void {
	try {
		process.stderr.write(text);
	} catch {
		// There is no other place.
	}
}
