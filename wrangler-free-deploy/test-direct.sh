#!/bin/sh
# Is it the server, the bridge or LiteLLM? Starts a bridge of its own on this machine, without container, proxy and
# LiteLLM, and asks each server of a config for its tools.
#
#   ./test-direct.sh CONFIG [SERVER…]    CONFIG: a servers.ts, or a JSON file with mcpServers
#
# MCP_TIMEOUT_MS: how long a request may take, 60,000. Exit code: 0 all is well, 1 something is not, 2 called
# wrongly, or with a config that cannot be used.
set -eu
if [ $# -eq 0 ]; then
	echo "usage: test-direct.sh CONFIG [SERVER…]" >&2
	exit 2
fi
config=$1
shift
case $config in
	*.json) option=--named-server-config ;;
	*) option=--config ;;
esac
here=$(dirname "$0")
scratch=$(mktemp -d)
bridge=

end() {
	if [ -n "$bridge" ]; then
		kill "$bridge" 2>/dev/null || true
		wait "$bridge" || true
	fi
	rm -rf "$scratch"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

start() {
	if [ -f "$here/../dist/index.js" ]; then
		exec node "$here/../dist/index.js" "$@"
	fi
	exec npx mcp-edge-bridge "$@"
}
start "$option" "$config" --host 127.0.0.1 --port 0 --no-watch >"$scratch/out" 2>"$scratch/log" &
bridge=$!

url=
while [ -z "$url" ]; do
	if ! kill -0 "$bridge" 2>/dev/null; then
		echo "test-direct.sh: the bridge has ended:" >&2
		cat "$scratch/log" >&2
		code=0
		wait "$bridge" || code=$?
		bridge=
		exit "$code"
	fi
	sleep 0.1
	url=$(sed -n 's/^mcp-edge-bridge .* is listening on //p' "$scratch/out")
done

node "$here/check-servers.mjs" "$url" "$@"
