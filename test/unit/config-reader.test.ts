import {
	mkdirSync,
	mkdtempSync,
	readFileSync,
	realpathSync,
	renameSync,
	rmSync,
	symlinkSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ConfigReader } from "../../src/config/config-reader.ts";

let folder: string;
let file: string;
let imported: string;
let reader: ConfigReader<string>;
/** Done in the middle of a reading, when the files have been read. */
let meanwhile: () => void;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "config-reader-"));
	file = join(folder, "servers.ts");
	imported = join(folder, "imported.ts");
	meanwhile = () => {};
	reader = new ConfigReader(file, async ({ files }) => {
		// As jiti does.
		files.add(realpathSync(file));
		const text = readFileSync(file, "utf8");
		if (text === "ends early") throw new Error(text);
		const more = text.startsWith("import") ? imported : undefined;
		if (more) files.add(more);
		const all = more ? `${text} ${readFileSync(more, "utf8")}` : text;
		meanwhile();
		if (text.includes("broken")) throw new Error(text);
		return all;
	});
	writeFileSync(file, "0");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A point in time, so that a write can be hidden from whoever looks at times only. */
const someTime = new Date("2026-01-01T00:00:00Z");

test("before the first reading nothing is current, and after it everything until a file changes", async () => {
	expect(await reader.isCurrent()).toBe(false);
	expect(await reader.read()).toBe("0");
	expect(await reader.isCurrent()).toBe(true);
	expect(await reader.isCurrent()).toBe(true);
});

test.each<[change: string, act: () => void]>([
	["written in place", () => writeFileSync(file, "1")],
	[
		"replaced",
		() => {
			writeFileSync(`${file}.new`, "1");
			renameSync(`${file}.new`, file);
		},
	],
	[
		"replaced by one of the same size and time",
		() => {
			writeFileSync(`${file}.new`, "1");
			utimesSync(`${file}.new`, someTime, someTime);
			renameSync(`${file}.new`, file);
		},
	],
	[
		"written in place, and given the same time",
		() => {
			writeFileSync(file, "1");
			utimesSync(file, someTime, someTime);
		},
	],
	["removed", () => rmSync(file)],
	["touched", () => utimesSync(file, new Date(), new Date())],
	[
		"a link to itself",
		() => {
			rmSync(file);
			symlinkSync(file, file);
		},
	],
	[
		"a folder",
		() => {
			rmSync(file);
			mkdirSync(file);
		},
	],
])("a file that is %s is not current", async (_change, act) => {
	utimesSync(file, someTime, someTime);
	await reader.read();
	act();
	expect(await reader.isCurrent()).toBe(false);
});

test("a link that is given another target is not current, as in a mounted Kubernetes ConfigMap", async () => {
	const point = (release: string) => {
		symlinkSync(release, join(folder, "..data.new"));
		renameSync(join(folder, "..data.new"), join(folder, "..data"));
	};
	for (const release of ["1", "2"]) {
		mkdirSync(join(folder, release));
		writeFileSync(join(folder, release, "servers.ts"), release);
	}
	rmSync(file);
	point("1");
	symlinkSync(join("..data", "servers.ts"), file);
	expect(await reader.read()).toBe("1");
	// The target is so young that it may have been written after it was read.
	await reader.read();
	expect(await reader.isCurrent()).toBe(true);
	point("2");
	expect(await reader.isCurrent()).toBe(false);
});

test("writes of the same size within one tick of the clock are told apart", async () => {
	for (let edit = 0; edit < 50; edit++) {
		writeFileSync(file, String(1000 + edit));
		await reader.read();
		writeFileSync(file, String(2000 + edit));
		expect(await reader.isCurrent()).toBe(false);
	}
});

test("what is written while it is read is not current, also where the old text comes back", async () => {
	meanwhile = () => writeFileSync(file, "1");
	expect(await reader.read()).toBe("0");
	expect(await reader.isCurrent()).toBe(false);
});

test("a reading that failed is current until a file changes", async () => {
	writeFileSync(file, "broken");
	await expect(reader.read()).rejects.toThrow("broken");
	expect(await reader.isCurrent()).toBe(true);
	rmSync(file);
	await expect(reader.read()).rejects.toThrow("ENOENT");
	expect(await reader.isCurrent()).toBe(true);
	writeFileSync(file, "1");
	expect(await reader.isCurrent()).toBe(false);
});

test("an imported file counts, also where the reading failed", async () => {
	writeFileSync(file, "import");
	writeFileSync(imported, "a");
	await reader.read();
	// So young that it may have been written after it was read.
	expect(await reader.isCurrent()).toBe(false);
	await reader.read();
	expect(await reader.isCurrent()).toBe(true);
	writeFileSync(imported, "b");
	expect(await reader.isCurrent()).toBe(false);
	writeFileSync(file, "import broken");
	await expect(reader.read()).rejects.toThrow("broken");
	expect(await reader.isCurrent()).toBe(true);
	writeFileSync(imported, "c");
	expect(await reader.isCurrent()).toBe(false);
});

test("an imported file counts after a reading that did not come to it", async () => {
	writeFileSync(file, "import");
	writeFileSync(imported, "a");
	await reader.read();
	writeFileSync(file, "ends early");
	await expect(reader.read()).rejects.toThrow("early");
	await expect(reader.read()).rejects.toThrow("early");
	expect(await reader.isCurrent()).toBe(true);
	writeFileSync(imported, "b");
	expect(await reader.isCurrent()).toBe(false);
});

test("an imported file that is written while it is read for the first time is not current", async () => {
	writeFileSync(imported, "a");
	await reader.read();
	writeFileSync(file, "import");
	meanwhile = () => writeFileSync(imported, "b");
	expect(await reader.read()).toBe("import a");
	meanwhile = () => {};
	expect(await reader.isCurrent()).toBe(false);
	expect(await reader.read()).toBe("import b");
	expect(await reader.isCurrent()).toBe(true);
});

test("a file that is imported no longer does not count", async () => {
	writeFileSync(file, "import");
	writeFileSync(imported, "a");
	await reader.read();
	writeFileSync(file, "0");
	await reader.read();
	writeFileSync(imported, "b");
	expect(await reader.isCurrent()).toBe(true);
});
