/**
 * The variables of the bridge's own environment that every child gets: what a
 * program needs to find its files, its language and its certificates. Nothing
 * of it is a secret; tokens reach a child only through its own `env`, or
 * through `inheritEnv`.
 */
const inherited = [
	"PATH",
	"HOME",
	"USER",
	"LOGNAME",
	"SHELL",
	"TERM",
	"TMPDIR",
	"TZ",
	"LANG",
	"LANGUAGE",
	"LC_ALL",
	"LC_CTYPE",
	"NODE_EXTRA_CA_CERTS",
	"SSL_CERT_DIR",
	"SSL_CERT_FILE",
];

/** The bridge's own secrets, which no child gets, whatever `inheritEnv` says. */
const ownPrefix = "MCP_EDGE_BRIDGE_";

/**
 * A child's environment: the allow-list, what `inheritEnv` names of the
 * bridge's own (`true`: everything), and the entry's `env` over both.
 */
export function childEnvironment(
	own: Record<string, string | undefined>,
	inheritEnv: true | readonly string[],
	env: Readonly<Record<string, string>>,
): Record<string, string> {
	const names =
		inheritEnv === true ? Object.keys(own) : [...inherited, ...inheritEnv];
	const environment: Record<string, string> = {};
	for (const name of names) {
		// process.env has a prototype: its "constructor" is a function.
		const value = Object.hasOwn(own, name) ? own[name] : undefined;
		if (value !== undefined && !name.startsWith(ownPrefix))
			environment[name] = value;
	}
	return { ...environment, ...env };
}
