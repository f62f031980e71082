import type { ServerConfig } from "../config/resolve-config.ts";

/** Programs that fetch what they start: by which of their commands, where not by all. */
const fetching: Readonly<Record<string, readonly string[]>> = {
	npx: [],
	bunx: [],
	uvx: [],
	npm: ["exec", "x"],
	pnpm: ["dlx"],
	yarn: ["dlx"],
	bun: ["x"],
	deno: ["run"],
	uv: ["run", "tool"],
	pipx: ["run"],
	docker: ["run"],
	podman: ["run"],
	nerdctl: ["run"],
};

/** Why a start of this command may take long the first time. */
export function slowStartReason({
	command,
	args,
}: Pick<ServerConfig, "command" | "args">): string | undefined {
	const program = command.split("/").at(-1) ?? "";
	const verbs = Object.hasOwn(fetching, program)
		? fetching[program]
		: undefined;
	const [verb = ""] = args;
	if (!verbs || (verbs.length > 0 && !verbs.includes(verb))) return undefined;
	return ["docker", "podman", "nerdctl"].includes(program)
		? `${program} pulls an image at its first start`
		: `${program} downloads a package at its first start`;
}
