import { startNetdata } from "./backends/netdata.ts";
import { startPages } from "./backends/page.ts";
import { startPostgres, startTimescaledb } from "./backends/postgres.ts";
import { startGithubApi, startLoki, startN8n } from "./backends/stand-ins.ts";
import {
	debian,
	type Github,
	installExamplePython,
	installGithub,
	installNpm,
	which,
} from "./install.ts";
import { attempt, type Had, run } from "./run.ts";

/** What the nine servers run on, as far as it can be had here. */
export type Backends = Awaited<ReturnType<typeof startBackends>>;

/** @param say tells people what happens, and what is taken in the place of what */
export async function startBackends(say: (line: string) => void) {
	const have = async <T extends object>(
		what: string,
		get: () => Promise<T>,
	): Promise<Had<T>> => {
		const begun = Date.now();
		const had = await attempt(get);
		const seconds = ((Date.now() - begun) / 1000).toFixed(1);
		const detail = "missing" in had ? `not to be had: ${had.missing}` : "there";
		say(`${what}: ${detail} (${seconds} s)`);
		return had;
	};
	// One after the other: each of them keeps a machine busy.
	const npm = await have("npm packages of the example", async () => {
		await installNpm();
		return {};
	});
	const fetch = await have("fetch in a virtual environment", async () => ({
		bin: await installExamplePython("fetch"),
	}));
	const timescaledbMcp = await have(
		"timescaledb in a virtual environment",
		async () => ({ bin: await installExamplePython("timescaledb") }),
	);
	const github = await have<Github>("github's server", () =>
		installGithub(say),
	);
	const chromium = await have("Chromium", async () => {
		const names = ["chromium-headless-shell", "chromium"];
		const find = () => process.env.CHROMIUM ?? which(...names);
		const path = await debian(find, "chromium-headless-shell");
		return { path, name: (await run([path, "--version"])).trim() };
	});
	return {
		npm,
		fetch,
		timescaledbMcp,
		github,
		chromium,
		postgres: await have("PostgreSQL", startPostgres),
		timescaledb: await have("TimescaleDB", startTimescaledb),
		netdata: await have("Netdata", startNetdata),
		pages: await have("pages on loopback", startPages),
		githubApi: await have("GitHub's API (a stand-in)", () =>
			startGithubApi("value" in github && github.value.keepsPort),
		),
		loki: await have("Loki", startLoki),
		n8n: await have("n8n", startN8n),
	};
}

export async function stopBackends(backends: Backends): Promise<void> {
	for (const had of Object.values(backends))
		if ("value" in had && "stop" in had.value) await had.value.stop();
}
