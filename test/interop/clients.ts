import path from "node:path";
import { root } from "../harness/runtimes.ts";
import type { ProgramCommand } from "./client-program.ts";
import {
	buildGo,
	buildJava,
	docs,
	goVersion,
	installNpm,
	installPython,
	npmFolder,
	npmVersion,
	pythonVersion,
} from "./install.ts";

/** A client that is tried as a program. */
export interface Client {
	readonly name: string;
	readonly version: string;
	/** Its page in docs/clients. */
	readonly page: string;
	/** Why it cannot show progress, where it cannot. */
	readonly noProgress?: string;
	/** @throws NotInstallable */
	prepare(): Promise<ProgramCommand>;
}

const tsx = ["--import", "tsx"];

const python = (
	name: string,
	environment: string,
	program: string,
): Client => ({
	name,
	version: pythonVersion(environment),
	page: "python.md",
	prepare: async () => ({
		command: path.join(await installPython(environment), "python"),
		args: [path.join(docs, "python", program)],
	}),
});

const framework = (
	name: string,
	environment: string,
	program: string,
	more: Partial<Client> = {},
): Client => ({
	...python(name, environment, program),
	page: "frameworks.md",
	...more,
});

const typescript = (name: string, program: string): Client => ({
	name: "TypeScript SDK",
	version: npmVersion(root, name),
	page: "typescript.md",
	prepare: async () => ({
		command: process.execPath,
		args: [...tsx, path.join(docs, "typescript", program)],
	}),
});

const go = (name: string, modules: string, program: string): Client => ({
	name,
	version: goVersion(modules),
	page: "go.md",
	prepare: async () => ({
		command: await buildGo(modules, program),
		args: [],
	}),
});

const java = (version: string): Client => ({
	name: "Java SDK",
	version,
	page: "java.md",
	prepare: async () => ({
		command: "java",
		args: [
			"-Dfile.encoding=UTF-8",
			...["-cp", await buildJava(version), "Client"],
		],
	}),
});

/** A client of npm that is a command line itself: a program of ours asks it. */
const commandLine = (
	packageName: string,
	program: string,
	more: Partial<Client> & Pick<Client, "name" | "page">,
): Client => ({
	version: npmVersion(npmFolder, packageName),
	prepare: async () => {
		await installNpm();
		return {
			command: process.execPath,
			args: [...tsx, path.join(import.meta.dirname, program)],
		};
	},
	...more,
});

export const clients: readonly Client[] = [
	python("Python SDK", "python-sdk-1.9", "sdk_1.py"),
	python("Python SDK", "python-sdk-1.13", "sdk_1.py"),
	python("Python SDK", "python-sdk-1.30", "sdk_1.py"),
	python("Python SDK", "python-sdk-2", "sdk_2.py"),
	typescript("@modelcontextprotocol/sdk", "sdk-1.ts"),
	typescript("@modelcontextprotocol/client", "sdk-2.ts"),
	go("Go SDK", "go-sdk-1.4", "go-sdk.go"),
	go("Go SDK", "go-sdk-1.6", "go-sdk.go"),
	go("Go SDK", "go-sdk-newest", "go-sdk.go"),
	go("mcp-go", "mcp-go", "mcp-go.go"),
	java("0.17.2"),
	java("1.1.5"),
	java("2.1.0"),
	commandLine("@modelcontextprotocol/inspector", "inspector-client.ts", {
		name: "MCP Inspector, command line",
		page: "inspector.md",
		noProgress: "its command line prints results only",
	}),
	commandLine("mcp-remote", "mcp-remote-client.ts", {
		name: "mcp-remote",
		page: "claude.md",
	}),
	framework("FastMCP", "fastmcp", "fastmcp_client.py"),
	framework("langchain-mcp-adapters", "langchain", "langchain_client.py"),
	framework("openai-agents", "openai-agents", "openai_agents_client.py", {
		noProgress: "it has no place for it",
	}),
	framework("pydantic-ai", "pydantic-ai", "pydantic_ai_client.py"),
];
