import { execFileSync, type SpawnOptions, spawn } from "node:child_process";
import {
	lstatSync,
	readdirSync,
	readlinkSync,
	rmdirSync,
	symlinkSync,
	unlinkSync,
} from "node:fs";
import path from "node:path";

/** A file system that a command sees as its root: a folder, and of this machine what the folder has not. */
export interface Inside {
	/** The folder. Nobody can write it but where `writable` says so. */
	folder: string;
	/** Folders of this machine at other places, read-only. */
	binds?: Record<string, string>;
	/** The same, writable. */
	writable?: Record<string, string>;
	/** Whether the folder itself is writable, as it is while an image is made. */
	isBuild?: boolean;
	/** The user, by numbers; it has no rights whatsoever. Default: root. */
	user?: string;
	workdir?: string;
	/** The whole environment. */
	env: Record<string, string>;
}

const script = `
root=$1 workdir=$2 user=$3 build=$4; shift 4
mount --bind "$root" "$root"
while [ "$1" != -- ]; do
	mode=$1 source=$2 target=$3; shift 3
	mkdir -p "$root$target"
	if [ "$mode" = tmpfs ]; then
		mount -t tmpfs -o mode=1777 tmpfs "$root$target"
	else
		mount --rbind "$source" "$root$target"
		[ "$mode" = rw ] || mount -o remount,bind,ro "$root$target"
	fi
done
shift
[ "$build" ] || mount -o remount,bind,ro "$root"
cd "$root"
if [ "$user" ]; then
	set -- setpriv --reuid "\${user%:*}" --regid "\${user#*:}" --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs "$@"
fi
chroot=$(PATH=$PATH:/usr/sbin:/sbin command -v chroot)
exec "$chroot" . sh -c 'cd "$0" && exec "$@"' "$workdir" "$@"
`;

/** What stands in a folder for what this machine has. */
const mountPoints = new Map<string, Set<string>>();

/** Leaves in the folder what is its own. Nothing may run inside any more. */
export function removeMountPoints(folder: string): void {
	for (const name of mountPoints.get(folder) ?? []) {
		const entry = path.join(folder, name);
		const stats = lstatSync(entry, { throwIfNoEntry: false });
		if (stats?.isSymbolicLink()) unlinkSync(entry);
		// Refused where it is not empty.
		else if (stats) rmdirSync(entry);
	}
	mountPoints.delete(folder);
}

/** Starts a command inside. It has the process id that is given, and is a group of its own. */
export function startInside(
	{ folder, binds = {}, writable = {}, isBuild, user, workdir, env }: Inside,
	command: readonly string[],
	options: SpawnOptions = {},
) {
	const made = mountPoints.get(folder) ?? new Set();
	mountPoints.set(folder, made);
	const own = new Set([
		...readdirSync(folder).filter((name) => !made.has(name)),
		...Object.keys({ ...binds, ...writable }).map(
			(target) => target.split("/")[1],
		),
	]);
	made.add("tmp");
	const mounts: string[] = ["tmpfs", "-", "/tmp"];
	for (const name of readdirSync("/")) {
		const entry = path.join("/", name);
		if (own.has(name) || name === "tmp") continue;
		const stats = lstatSync(entry);
		if (stats.isSymbolicLink() && !made.has(name))
			symlinkSync(readlinkSync(entry), path.join(folder, name));
		made.add(name);
		if (stats.isDirectory())
			mounts.push(["proc", "dev"].includes(name) ? "rw" : "ro", entry, entry);
	}
	for (const [target, source] of Object.entries(binds))
		mounts.push("ro", source, target);
	for (const [target, source] of Object.entries(writable))
		mounts.push("rw", source, target);
	return spawn(
		"unshare",
		[
			"--mount",
			"--propagation=private",
			"sh",
			"-euc",
			script,
			"sh",
			folder,
			workdir ?? "/",
			user ?? "",
			isBuild ? "yes" : "",
			...mounts,
			"--",
			...command,
		],
		{ detached: true, ...options, env },
	);
}

/** Why there can be no such thing here; undefined where there can. */
export function whyNotInside(): string | undefined {
	if (process.platform !== "linux") return "this is not Linux";
	try {
		execFileSync("unshare", ["--mount", "setpriv", "--version"], {
			stdio: "pipe",
		});
		return undefined;
	} catch (error) {
		return `no mount namespaces: ${(error as Error).message.split("\n")[0]}`;
	}
}
