// The child behind every target: the least an MCP server can be, so that what is measured is the bridge in front of it.
const tools = ["echo", "size", "blob", "numbers"].map((name) => ({
	name,
	inputSchema: { type: "object" },
}));

const call = {
	echo: ({ text }) => text,
	size: ({ text }) => String(text.length),
	numbers: ({ number }) => number,
	blob: ({ of, length }) =>
		of.repeat(Math.ceil(length / of.length)).slice(0, length),
};

/** Stands for numbers that are to be written just so. */
const manyNumbers = "many numbers";

let last = { number: "", length: 0, text: "" };
function numbers({ arguments: { number, length } }) {
	if (last.number !== number || last.length !== length) {
		const count = Math.ceil(length / (number.length + 1));
		last = { number, length, text: `[${Array(count).fill(number)}]` };
	}
	return last.text;
}

const methods = {
	initialize: ({ protocolVersion }) => ({
		protocolVersion,
		capabilities: { tools: {} },
		serverInfo: { name: "bench-server", version: "1.0.0" },
	}),
	ping: () => ({}),
	"tools/list": () => ({ tools }),
	"tools/call": ({ name, arguments: args }) => ({
		content: [{ type: "text", text: call[name](args) }],
		...(name === "numbers" && { structuredContent: { numbers: manyNumbers } }),
	}),
};

function answer({ id, method, params }) {
	if (id === undefined) return;
	const message = methods[method]
		? { jsonrpc: "2.0", id, result: methods[method](params) }
		: {
				jsonrpc: "2.0",
				id,
				error: { code: -32601, message: `Method not found: ${method}` },
			};
	const line = JSON.stringify(message);
	process.stdout.write(
		`${line.replace(`"${manyNumbers}"`, () => numbers(params))}\n`,
	);
}

let parts = [];
process.stdin.setEncoding("utf8");
process.stdin.on("data", (chunk) => {
	const lines = chunk.split("\n");
	for (let i = 0; i < lines.length - 1; i++) {
		parts.push(lines[i]);
		const line = parts.join("");
		parts = [];
		if (line !== "") answer(JSON.parse(line));
	}
	parts.push(lines.at(-1));
});
process.stdin.on("end", () => process.exit());
