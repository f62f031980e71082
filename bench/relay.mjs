// The yardstick: the least a Node bridge can do. One child for everybody, JSON.parse, another id, JSON.stringify, and no checks.
// Usage: node relay.mjs <port> <command> [...args]
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";

const [port, command, ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ["pipe", "pipe", "ignore"] });

/** Id the child sees → who asked, and under which id. */
const asked = new Map();
/** SSE session id → its event stream. */
const streams = new Map();
let lastId = 0;

function toChild(message, reply) {
	if (message.id !== undefined) {
		asked.set(++lastId, { id: message.id, reply });
		message.id = lastId;
	}
	child.stdin.write(`${JSON.stringify(message)}\n`);
}

function fromChild(line) {
	const message = JSON.parse(line);
	const request = asked.get(message.id);
	if (!request) return;
	asked.delete(message.id);
	message.id = request.id;
	request.reply(JSON.stringify(message));
}

let parts = [];
child.stdout.setEncoding("utf8");
child.stdout.on("data", (chunk) => {
	const lines = chunk.split("\n");
	for (let i = 0; i < lines.length - 1; i++) {
		parts.push(lines[i]);
		const line = parts.join("");
		parts = [];
		if (line !== "") fromChild(line);
	}
	parts.push(lines.at(-1));
});

function streamableHttp(message, response) {
	if (message.id === undefined) {
		toChild(message);
		response.writeHead(202).end();
		return;
	}
	const headers = { "content-type": "application/json" };
	if (message.method === "initialize") headers["mcp-session-id"] = randomUUID();
	toChild(message, (text) => response.writeHead(200, headers).end(text));
}

function openStream(response) {
	const id = randomUUID();
	streams.set(id, response);
	response.on("close", () => streams.delete(id));
	response.writeHead(200, { "content-type": "text/event-stream" });
	response.write(`event: endpoint\ndata: /messages?session_id=${id}\n\n`);
}

function sse(message, url, response) {
	const stream = streams.get(url.slice(url.indexOf("=") + 1));
	toChild(message, (text) => stream.write(`event: message\ndata: ${text}\n\n`));
	response.writeHead(202).end();
}

createServer((request, response) => {
	if (request.method === "GET") return openStream(response);
	if (request.method === "DELETE") return response.writeHead(200).end();
	let body = "";
	request.setEncoding("utf8");
	request.on("data", (chunk) => {
		body += chunk;
	});
	request.on("end", () => {
		const message = JSON.parse(body);
		if (request.url === "/mcp") streamableHttp(message, response);
		else sse(message, request.url, response);
	});
}).listen(Number(port), "127.0.0.1");

child.on("exit", () => process.exit());
process.on("SIGTERM", () => {
	child.kill();
	process.exit();
});
