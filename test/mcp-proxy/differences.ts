/** What is other than with sparfenyuk/mcp-proxy. */
export interface Difference {
	there: string;
	here: string;
}

/** By what is looked at. `docs/migrating-from-mcp-proxy.md` has the same table. */
export const differences: Readonly<Record<string, Difference>> = {
	"other members of serverInfo": {
		there: "left out: `title`, `icons`, `websiteUrl`",
		here: "as the server gives them",
	},
	capabilities: {
		there:
			"`listChanged` and `subscribe` are false, `experimental` and extensions are empty",
		here: "as the server gives them",
	},
	"isError where the server does not say it": {
		there: "`isError: false` is added",
		here: "as the server answers",
	},
	"a JSON-RPC error of a tool": {
		there: "becomes a result with `isError: true`; code and data are lost",
		here: "stays the error that it is, with code and data",
	},
	"an unknown tool": {
		there: "a result with `isError: true`",
		here: "the server's own error, -32602",
	},
	"an unknown method": {
		there: "error -32602",
		here: "goes to the server, which knows best",
	},
	"notifications of the server": {
		there: "nobody gets them",
		here: "`list_changed`, resource updates and log messages reach the clients",
	},
	"a request without a session": {
		there: "400, unless `--stateless`",
		here: "served by itself",
	},
	"exposed headers": {
		there: "`--expose-header` takes the place of `Mcp-Session-Id`",
		here: "`--expose-header` is added to `Mcp-Session-Id`",
	},
	"a request from another origin": {
		there: "served; its page may not read the answer",
		here: "403: what a request does is not undone by nobody reading the answer",
	},
};
