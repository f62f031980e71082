import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";

/** No file system tells two changes apart by time that are so close: FAT's 2 s are the coarsest. */
const granularityMs = 2000;

/** What a file is at one moment. */
export interface FileStamp {
	/** Equal as long as nobody has written the file. */
	readonly text: string;
	/** Whether the file may have changed after this moment, as far as the clocks can tell. */
	isNewerThan(epochMs: number): boolean;
}

interface Read extends FileStamp {
	/** What `stat` said. */
	readonly stats: string;
	/** Whether each later change shows in `stat`. */
	readonly isSettled: boolean;
}

/**
 * Tells whether files have changed, by their content and the time of the last
 * write. The content is read again only where `stat` does not suffice: it
 * changed, or is so young that another write need not show in it.
 */
export class FileStamps {
	readonly #read = new Map<string, Read>();

	/** Never rejected: what keeps a file from being read is its stamp then. */
	async of(path: string): Promise<FileStamp> {
		const now = Date.now();
		try {
			const found = await stat(path, { bigint: true });
			if (!found.isFile()) return unreadable("no file");
			const { ino, size, mtimeNs, ctimeNs } = found;
			const stats = [ino, size, mtimeNs, ctimeNs].join(" ");
			const before = this.#read.get(path);
			if (before?.stats === stats && before.isSettled) return before;
			const hash = createHash("sha256").update(await readFile(path));
			const changedMs = Number(
				(mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1_000_000n,
			);
			const isNewerThan = (epochMs: number) =>
				changedMs > epochMs - granularityMs;
			const read = {
				text: `${mtimeNs} ${hash.digest("base64")}`,
				isNewerThan,
				stats,
				isSettled: !isNewerThan(now),
			};
			this.#read.set(path, read);
			return read;
		} catch (error) {
			return unreadable(String((error as NodeJS.ErrnoException).code));
		}
	}
}

function unreadable(text: string): FileStamp {
	return { text, isNewerThan: () => true };
}
