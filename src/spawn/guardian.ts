import { execa } from "execa";

/**
 * Reads `+pgid` and `-pgid` lines. At the end of its input the bridge is gone,
 * by whatever means, and so are the write ends of its children's stdin; those
 * that do not take that as their end are terminated, then killed.
 */
const script = `
groups=" "
while read -r line; do
  case $line in
    +*) groups="$groups\${line#+} " ;;
    -*) groups="\${groups%% \${line#-} *} \${groups#* \${line#-} }" ;;
  esac
done
[ "$groups" = " " ] && exit 0
sleep 1
for group in $groups; do kill -s TERM -- "-$group" 2>/dev/null; done
sleep 2
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
`;

let input: { write(line: string): unknown } | undefined;
const groups = new Set<number>();

/**
 * Puts a process group under guard: it ends with the bridge, also where the
 * bridge itself is killed and can do nothing about it. The guard is a shell of
 * a few lines in a session of its own, started with the first group.
 */
export function guard(group: number): void {
	groups.add(group);
	input ??= startGuardian();
	input.write(`+${group}\n`);
}

/** Takes a group that is gone from under guard, before its number is used again. */
export function unguard(group: number): void {
	if (groups.delete(group)) input?.write(`-${group}\n`);
}

/** Kills every group under guard at once: for the last moment of a bridge that fails. */
export function killGuarded(): void {
	for (const group of groups) {
		try {
			process.kill(-group, "SIGKILL");
		} catch {
			// Already gone.
		}
	}
}

function startGuardian() {
	const guardian = execa("sh", ["-c", script], {
		detached: true,
		cleanup: false,
		reject: false,
		buffer: false,
		stdin: "pipe",
		stdout: "ignore",
		stderr: "ignore",
	});
	// A guardian that somebody ended must not take the bridge with it.
	guardian.stdin.on("error", () => {});
	guardian.unref();
	(guardian.stdin as unknown as { unref?(): void }).unref?.();
	return guardian.stdin;
}
