import { PassThrough } from "node:stream";
import { remark } from "remark";
import { engine } from "unified-engine";
import { expect, test } from "vitest";
import { root } from "../harness/runtimes.ts";

test("every relative link of the Markdown pages leads to a file and a heading that are there", async () => {
	const report = new PassThrough();
	let text = "";
	report.setEncoding("utf8").on("data", (chunk: string) => {
		text += chunk;
	});
	const { code, files } = await new Promise<{ code: number; files: number }>(
		(resolve, reject) => {
			engine(
				{
					cwd: root,
					extensions: ["md"],
					files: [
						"*.md",
						"docs",
						"bench/README.md",
						"examples",
						"wrangler-free-deploy",
					],
					frail: true,
					// Without `repository` it would ask git where that is hosted.
					plugins: [["remark-validate-links", { repository: false }]],
					processor: remark(),
					quiet: true,
					streamError: report,
				},
				(error, code, context) =>
					error
						? reject(error)
						: resolve({ code: code ?? 1, files: context?.files.length ?? 0 }),
			);
		},
	);
	expect(text).toBe("");
	expect(code).toBe(0);
	expect(files).toBeGreaterThan(30);
});
