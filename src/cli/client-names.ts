/** The clients that `mcp-edge-bridge clients` knows, and what they are. Apart from the snippets, since every start reads it. */
export const clientNames = {
	litellm: "LiteLLM",
	claude: "Claude Code",
	"claude-desktop": "Claude Desktop",
	cursor: "Cursor",
	vscode: "VS Code",
	gemini: "Gemini CLI",
	codex: "Codex CLI",
	windsurf: "Windsurf",
	librechat: "LibreChat",
	openwebui: "Open WebUI",
	n8n: "n8n",
	python: "Python SDK",
	typescript: "TypeScript SDK",
	curl: "curl",
} as const;

export type ClientName = keyof typeof clientNames;
