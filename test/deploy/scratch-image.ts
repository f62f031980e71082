import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import {
	type Copy,
	DockerfileParser,
	type Instruction,
	type PropertyInstruction,
} from "dockerfile-ast";
import { root } from "../harness/runtimes.ts";
import { copyContext } from "./build-context.ts";
import { removeMountPoints, startInside } from "./inside.ts";
import { deployFolder } from "./run.ts";

/** What a stage of the Dockerfile has made. */
export interface Image {
	/** Its files; what base images and Debian's packages bring is not among them. */
	folder: string;
	env: Record<string, string>;
	workdir: string;
	user: string;
	/** The command lines, as they stand there. */
	entrypoint: string[];
	cmd: string[];
	healthcheck: string[];
	stopSignal: NodeJS.Signals;
	/** The steps that need what is not on this machine, other images, Debian's packages, uv; and those done already. */
	notDone: string[];
}

const notHere = /\b(apt-get|uv)\b/;

/** What it makes is there: whoever runs the tests has done it in the repository. */
const doneAlready = "npm ci";

/**
 * Carries the Dockerfile out, step by step, as far as that goes without a container engine: files are copied, and
 * commands run with the image's folder as their root.
 *
 * @param scratch gives paths in a folder of the test's own
 * @param node the program that stands in for that of the base image
 */
export async function makeImage(
	scratch: (name: string) => string,
	node: string,
): Promise<Image> {
	const context = scratch("context");
	copyContext(context);
	const text = readFileSync(path.join(deployFolder, "Dockerfile"), "utf8");
	const stages = new Map<string, Image>();
	let image = emptyImage();
	let args: Record<string, string> = {};
	for (const step of DockerfileParser.parse(text).getInstructions()) {
		const words = step.getArguments().map((word) => expand(word.getValue()));
		const line = step.getArgumentsContent() ?? "";
		switch (step.getKeyword()) {
			case "FROM": {
				const [parent = "", , name = "last"] = words;
				image = copyImage(stages.get(parent), scratch(`stage-${stages.size}`));
				args = {};
				stages.set(name, image);
				break;
			}
			case "ARG":
				args = { ...args, ...properties(step) };
				break;
			case "ENV":
				image.env = { ...image.env, ...properties(step) };
				break;
			case "WORKDIR":
				image.workdir = path.resolve(image.workdir, words[0] ?? "");
				mkdirSync(inImage(image.workdir), { recursive: true });
				break;
			case "COPY":
				copy(step as Copy, words);
				break;
			case "RUN":
				if (notHere.test(line) || line === doneAlready)
					image.notDone.push(`RUN ${line}`);
				else await runStep(line);
				break;
			case "USER":
				image.user = words[0] ?? "";
				break;
			case "HEALTHCHECK":
				image.healthcheck = JSON.parse(line.replace(/^CMD /, ""));
				break;
			case "STOPSIGNAL":
				image.stopSignal = words[0] as NodeJS.Signals;
				break;
			case "ENTRYPOINT":
				image.entrypoint = JSON.parse(line);
				break;
			case "CMD":
				image.cmd = JSON.parse(line);
				break;
			case "EXPOSE":
				break;
			default:
				throw new Error(
					`Cannot carry out ${step.getKeyword()}: not known here`,
				);
		}
	}
	return image;

	function inImage(file: string): string {
		return path.join(image.folder, path.resolve(image.workdir, file));
	}

	function expand(word: string): string {
		const known: Record<string, string> = { ...args, ...image.env };
		return word.replace(/\$\{?(\w+)\}?/g, (_, name) => known[name] ?? "");
	}

	function properties(step: Instruction): Record<string, string> {
		return Object.fromEntries(
			(step as PropertyInstruction)
				.getProperties()
				.map((one) => [one.getName(), expand(one.getValue() ?? "")]),
		);
	}

	function copy(step: Copy, words: string[]): void {
		const from = step.getFlags().find((flag) => flag.getName() === "from");
		const source = from && stages.get(from.getValue() ?? "");
		if (from && !source) {
			image.notDone.push(`COPY --from=${from.getValue()}`);
			return;
		}
		const target = words.at(-1) ?? "";
		for (const word of words.slice(0, -1)) {
			copyTree(path.join(source?.folder ?? context, word), inImage(target), {
				isInto: target.endsWith("/"),
			});
		}
	}

	async function runStep(line: string): Promise<void> {
		const home = process.env.HOME ?? "/root";
		const cache = process.env.npm_config_cache ?? path.join(home, ".npm");
		const modules = path.join(image.workdir, "node_modules");
		const child = startInside(
			{
				folder: image.folder,
				binds: {
					"/opt/node": path.dirname(node),
					...(image.notDone.includes(`RUN ${doneAlready}`) && {
						[modules]: path.join(root, "node_modules"),
					}),
				},
				writable: { [cache]: cache },
				isBuild: true,
				workdir: image.workdir,
				// Where packages come from, and that those which are here already are taken from the cache.
				env: {
					...(process.env as Record<string, string>),
					npm_config_prefer_offline: "true",
					...image.env,
				},
			},
			["sh", "-c", expand(line)],
			{ stdio: ["ignore", "pipe", "pipe"] },
		);
		let output = "";
		for (const stream of [child.stdout, child.stderr])
			stream?.on("data", (chunk) => {
				output += chunk;
			});
		const [code] = await once(child, "close");
		removeMountPoints(image.folder);
		if (code !== 0)
			throw new Error(`RUN ${line} ended with ${code}: ${output}`);
	}
}

function emptyImage(): Image {
	return {
		folder: "",
		env: {
			PATH: "/opt/node:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		},
		workdir: "/",
		user: "",
		entrypoint: [],
		cmd: [],
		healthcheck: [],
		stopSignal: "SIGTERM",
		notDone: [],
	};
}

function copyImage(parent: Image | undefined, folder: string): Image {
	mkdirSync(folder, { recursive: true });
	if (!parent) return { ...emptyImage(), folder };
	copyTree(parent.folder, folder);
	return { ...parent, folder, notDone: [...parent.notDone] };
}

/** Copies a file or what is in a folder, by hard links: thousands of files would take seconds. */
function copyTree(
	source: string,
	target: string,
	{ isInto = false } = {},
): void {
	const isFolder = statSync(source).isDirectory();
	mkdirSync(isFolder || isInto ? target : path.dirname(target), {
		recursive: true,
	});
	execFileSync("cp", ["-al", isFolder ? `${source}/.` : source, target]);
}
