import { expect, test } from "vitest";
import { restartDelayMs } from "../../src/spawn/process/guardian.ts";
import {
	guardLine,
	unguardLine,
} from "../../src/spawn/process/guardian-lines.ts";

const command = { stopCommand: undefined, cwd: "/", env: {} };

test("a group without a stop command is its number", () => {
	expect(guardLine(7, command)).toBe("+7\n");
	expect(unguardLine(7)).toBe("-7\n");
});

test("a stop command is one line, whatever its words hold, and its environment no argument of anything", () => {
	const line = guardLine(7, {
		stopCommand: ["docker", "rm", "it's"],
		cwd: "/a b",
		env: { TOKEN: "$x\n`y`" },
	});
	expect(line).toBe(
		`+7 export TOKEN='$x'"$newline"'\`y\`' CHILD_PID='7'; cd '/a b' && exec 'docker' 'rm' 'it'\\''s'\n`,
	);
});

test("what no shell can set, or what changes how it reads, is left out", () => {
	const env = { "a b": "1", IFS: "x", UID: "0", PPID: "1", "1A": "1", B: "2" };
	expect(guardLine(7, { ...command, stopCommand: ["x"], env })).toContain(
		"export B='2' CHILD_PID='7';",
	);
});

test("a guardian that is lost is replaced at once, and then with more and more patience", () => {
	const delays = [1, 2, 3, 4, 20].map(restartDelayMs);
	expect(delays).toEqual([0, 200, 400, 800, 30_000]);
});
