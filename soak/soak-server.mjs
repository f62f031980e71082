/**
 * The child behind the bridge in a soak run. Its tools give back the `text` that they are called with:
 *
 * - `echo`: at once
 * - `steps`: behind three notifications of progress
 * - `later`: after `ms` milliseconds
 */
import {
	initializeResult,
	onLines,
	send,
	text,
	tool,
} from "../test/fixtures/lines.mjs";

function call(id, { name, arguments: { text: given, ms }, _meta }) {
	const answer = () => send({ jsonrpc: "2.0", id, result: text(given) });
	if (name === "later") {
		setTimeout(answer, ms);
		return;
	}
	const { progressToken } = _meta ?? {};
	for (let progress = 1; name === "steps" && progress <= 3; progress++)
		send({
			jsonrpc: "2.0",
			method: "notifications/progress",
			params: { progressToken, progress, total: 3 },
		});
	answer();
}

const results = {
	initialize: (params) => initializeResult("soak", params),
	ping: () => ({}),
	"tools/list": () => ({
		tools: ["echo", "steps", "later"].map((name) => tool(name)),
	}),
};

onLines((line) => {
	const { id, method, params } = JSON.parse(line);
	if (id === undefined || method === undefined) return;
	if (method === "tools/call") call(id, params);
	else if (results[method])
		send({ jsonrpc: "2.0", id, result: results[method](params) });
	else
		send({
			jsonrpc: "2.0",
			id,
			error: { code: -32601, message: "Method not found" },
		});
});
