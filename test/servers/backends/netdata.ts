import { mkdirSync, writeFileSync } from "node:fs";
import { freePort } from "../../harness/free-port.ts";
import { debian, which } from "../install.ts";
import { run, start } from "../run.ts";
import { scratch } from "../scratch.ts";

export interface Netdata {
	readonly url: string;
	/** With its version. */
	readonly name: string;
	/** Seconds since the machine was started, by its own API. */
	uptime(): Promise<number>;
	stop(): Promise<void>;
}

export async function startNetdata(): Promise<Netdata> {
	const netdata = await debian(() => which("netdata"), "netdata-core");
	const port = await freePort();
	const folder = scratch("netdata");
	for (const name of ["", "cache", "lib", "log"])
		mkdirSync(`${folder}/${name}`, { recursive: true });
	const conf = `${folder}/netdata.conf`;
	writeFileSync(conf, configText(folder, port));
	const url = `http://127.0.0.1:${port}`;
	const uptime = async () => {
		const response = await fetch(
			`${url}/api/v1/data?chart=system.uptime&after=-10&points=1`,
		);
		const { data } = (await response.json()) as { data: number[][] };
		const value = data[0]?.[1];
		if (value === undefined) throw new Error("Netdata has no uptime yet");
		return value;
	};
	const program = await start(
		[netdata, "-D", "-P", `${folder}/pid`, "-c", conf],
		() =>
			uptime().then(
				(value) => value > 0,
				() => false,
			),
	);
	const name = (await run([netdata, "-v"]))
		.trim()
		.replace("netdata v", "Netdata ");
	return { url, name, uptime, stop: () => program.stop() };
}

/** In memory, on loopback, and nothing but the figures of the machine. */
function configText(folder: string, port: number): string {
	const off = ["apps", "cgroups", "charts.d", "checks", "diskspace", "ebpf"];
	off.push("go.d", "idlejitter", "node.d", "python.d", "statsd", "tc", "timex");
	return `[global]
	run as user = ${process.getuid?.() === 0 ? "root" : (process.env.USER ?? "")}
[db]
	mode = ram
	retention = 300
[directories]
	config = ${folder}
	cache = ${folder}/cache
	lib = ${folder}/lib
	log = ${folder}/log
[logs]
	error = none
	debug = none
	access = none
[web]
	bind to = 127.0.0.1
	default port = ${port}
[ml]
	enabled = no
[health]
	enabled = no
[plugins]
	enable running new plugins = no
${off.map((name) => `\t${name} = no`).join("\n")}
`;
}
