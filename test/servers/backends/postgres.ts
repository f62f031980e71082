import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { freePort } from "../../harness/free-port.ts";
import { debian, installTrixie } from "../install.ts";
import { run, start } from "../run.ts";

/** A database server on loopback. */
export interface Postgres {
	readonly port: number;
	/** With its version. */
	readonly name: string;
	/** Runs statements, and gives what they return, unaligned. */
	sql(statements: string): Promise<string>;
	stop(): Promise<void>;
}

const clusters = "/usr/lib/postgresql";

/** The folder of a PostgreSQL's programs: the latest one's. */
function programs(root = ""): string | undefined {
	const folder = root + clusters;
	const versions = existsSync(folder) ? readdirSync(folder).map(Number) : [];
	const [latest] = versions.sort((a, b) => b - a);
	const bin = `${clusters}/${latest}/bin`;
	return existsSync(path.join(root + bin, "postgres")) ? bin : undefined;
}

export async function startPostgres(): Promise<Postgres> {
	const bin = await debian(() => programs(), "postgresql");
	const isRoot = process.getuid?.() === 0;
	const asPostgres =
		"setpriv --reuid postgres --regid postgres --clear-groups".split(" ");
	// It refuses to run as root.
	return startCluster(isRoot ? asPostgres : [], bin, []);
}

export async function startTimescaledb(): Promise<Postgres> {
	if (process.getuid?.() !== 0)
		throw new Error("only root can start it, in a folder with Debian's trixie");
	const root = await installTrixie();
	const bin = programs(root);
	if (bin === undefined) throw new Error(`there is no PostgreSQL in ${root}`);
	const database = await startCluster(
		["chroot", "--userspec=postgres:postgres", root],
		bin,
		[
			"shared_preload_libraries=timescaledb",
			// There is no /dev/shm in the folder.
			"dynamic_shared_memory_type=mmap",
			"timescaledb.telemetry_level=off",
		],
	);
	await database.sql("create extension if not exists timescaledb");
	const version = await database.sql(
		"select extversion from pg_extension where extname = 'timescaledb'",
	);
	return { ...database, name: `TimescaleDB ${version} on ${database.name}` };
}

/** @param prefix what the programs are run by */
async function startCluster(
	prefix: readonly string[],
	bin: string,
	settings: readonly string[],
): Promise<Postgres> {
	// In /tmp, and with an empty environment for folders: prefix may have moved the root.
	const program = (name: string) => [...prefix, `${bin}/${name}`];
	const inRoot = { cwd: "/", env: { TMPDIR: "/tmp", LC_ALL: "C.UTF-8" } };
	const made = await run(
		[...prefix, "mktemp", "-d", "/tmp/mcp-edge-bridge-postgres-XXXXXX"],
		inRoot,
	);
	const folder = made.trim();
	const data = `${folder}/data`;
	const port = await freePort();
	await run(
		[
			...program("initdb"),
			"--no-sync",
			"--auth=trust",
			"--username=postgres",
			data,
		],
		inRoot,
	);
	const all = [
		`port=${port}`,
		"listen_addresses=127.0.0.1",
		`unix_socket_directories=${folder}`,
		"fsync=off",
		...settings,
	];
	const postgres = await start(
		[
			...program("postgres"),
			"-D",
			data,
			...all.flatMap((setting) => ["-c", setting]),
		],
		(output) => output.includes("ready to accept connections"),
		inRoot,
	);
	const connection = ["-h", "127.0.0.1", "-p", String(port), "-U", "postgres"];
	const flags = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"];
	const sql = async (statements: string) => {
		const psql = [...program("psql"), ...flags, ...connection];
		return (await run([...psql, "-c", statements], inRoot)).trim();
	};
	const [version = ""] = (await sql("show server_version")).split(" ");
	return {
		port,
		name: `PostgreSQL ${version}`,
		sql,
		async stop() {
			// Fast shutdown: it does not wait for its clients.
			await postgres.stop("SIGINT");
			await run([...prefix, "rm", "-rf", folder], inRoot);
		},
	};
}
