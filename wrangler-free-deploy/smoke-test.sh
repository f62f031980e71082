#!/bin/sh
# Is a running bridge well, and does each of its servers list its tools, over /mcp and over /sse?
#
#   ./smoke-test.sh [URL [SERVER…]]      URL: http://127.0.0.1:8080, or https://NAME:PASSWORD@mcp.example.com
#
# LITELLM_URL and LITELLM_MASTER_KEY: asks LiteLLM too. MCP_TIMEOUT_MS: how long a request may take, 60,000.
# Exit code: 0 all is well, 1 something is not, 2 called wrongly.
set -eu
[ $# -gt 0 ] || set -- http://127.0.0.1:8080
command -v node >/dev/null || {
	echo "smoke-test.sh: node not found on PATH (install Node 20.19 or later)" >&2
	exit 2
}
exec node "$(dirname "$0")/check-servers.mjs" "$@"
