import type { Outcome } from "./outcome.ts";
import { report } from "./report.ts";

/** docs/clients/compatibility.md */
export function compatibilityPage(outcomes: readonly Outcome[]): string {
	return `# Clients that were tried

Each of these clients was started against a bridge on Node ${process.versions.node}. The page is made by \`npm run test:interop\`, which installs them and runs the programs and configs of this folder; \`-- --only NAME\` renews the rows of some.

| column | what was done |
| ------ | ------------- |
| list, call | The tools are listed, and one is called with text outside of ASCII; the answer is compared. LiteLLM lists and calls nine servers, by its REST endpoints and at its own \`/mcp\`; all others use \`@modelcontextprotocol/server-everything\`. |
| progress | A call tells its progress twice, and the client shows both. |
| after a restart | The bridge is killed (SIGKILL) and started with the same session key; then the same client, which was not touched, calls and lists again. Over \`/mcp\` it has to. Over \`/sse\` its stream is cut, and where it *has to connect again* it does not open another by itself. |

✓ passed, ✗ failed, – the client has no such thing. What could not be installed is named as not tried.

${report(outcomes, ({ client, page }) => `[${client}](${page})`)}
`;
}
