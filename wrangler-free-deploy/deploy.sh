#!/usr/bin/env bash
# Builds the bridge's image, puts it to work and waits until it is ready; goes back to the previous image where it does
# not get so far. To be run again after any change; what is the same already stays as it is.
#
#   ./deploy.sh [--dry-run] [--timeout SECONDS]
#
#   --dry-run   makes all checks that change nothing, and says what it would do
#   --timeout   how long the bridge may take to be ready: 60 seconds
#
# Exit code: 0 it is ready, 1 it is not (what runs then is said last), 2 something is missing and nothing was changed.
set -euo pipefail
cd "$(dirname "$0")"

service=mcp-edge-bridge
image=mcp-edge-bridge
dry_run=
timeout=60
# With attestations two builds of the same never are the same image.
export BUILDX_NO_DEFAULT_ATTESTATIONS=1

say() { printf 'deploy: %s\n' "$*"; }
refuse() {
	printf 'deploy: %s\n' "$*" >&2
	exit 2
}
run() {
	if [ -n "$dry_run" ]; then
		say "would run: $*"
	else
		"$@"
	fi
}
image_id() { docker image inspect --format '{{.Id}}' "$image:$1" 2>/dev/null || true; }

while [ $# -gt 0 ]; do
	case $1 in
	--dry-run) dry_run=yes ;;
	--timeout)
		[[ ${2-} =~ ^[1-9][0-9]*$ ]] || refuse "--timeout wants a number of seconds"
		timeout=$2
		shift
		;;
	*) refuse "unknown argument \"$1\" (usage: deploy.sh [--dry-run] [--timeout SECONDS])" ;;
	esac
	shift
done

check() {
	command -v docker >/dev/null || refuse "docker not found on PATH (install Docker Engine)"
	docker compose version >/dev/null 2>&1 || refuse "docker has no Compose (install the plugin docker-compose-plugin)"
	docker info >/dev/null 2>&1 || refuse "the Docker daemon does not answer (is it running, and may you use it? see: docker info)"
	[ -f .env ] || refuse ".env is missing (cp .env.example .env, and fill it in)"
	local problem network
	problem=$(docker compose config --quiet 2>&1) || refuse "Compose cannot use compose.yaml with .env: $problem"
	network=$(docker compose config --format json | docker_network)
	docker network inspect "$network" >/dev/null 2>&1 ||
		refuse "network \"$network\" is missing (start Traefik, or set PROXY_NETWORK in .env to one of: docker network ls)"
}
docker_network() { sed -n '/"proxy": {/,/}/s/.*"name": "\([^"]*\)".*/\1/p' | head -n 1; }

# Prints what /health/ready says; fails unless that is 200.
ready() {
	# shellcheck disable=SC2016 # JavaScript, not the shell's.
	docker compose exec -T "$service" node -e '
		fetch(process.env.HEALTH_URL.replace(/live$/, "ready")).then(
			async (response) => { console.log(await response.text()); process.exit(response.ok ? 0 : 1); },
			(error) => { console.log(`it does not answer: ${error.cause?.message ?? error.message}`); process.exit(1); },
		);' 2>&1
}

# Starts image:current and waits. In $answer is what /health/ready said, or what went wrong.
bring_up() {
	docker compose up --detach --remove-orphans || {
		answer="docker compose up failed"
		return 1
	}
	local deadline=$((SECONDS + timeout))
	until answer=$(ready); do
		if [ "$SECONDS" -ge "$deadline" ]; then
			answer="after $timeout s it says $answer"
			return 1
		fi
		sleep 1
	done
}

check
say "building $image:next"
BRIDGE_TAG=next run docker compose build "$service" ||
	refuse "the image cannot be built (what runs was not touched)"
say "checking the config"
BRIDGE_TAG=next run docker compose run --rm --no-deps -T "$service" check --config /config/servers.ts ||
	refuse "the config cannot be used (correct it; what runs was not touched)"

before=$(image_id current)
changed=
if [ -z "$dry_run" ] && [ "$before" != "$(image_id next)" ]; then
	changed=yes
fi
if [ -n "$before" ] && [ -n "$changed$dry_run" ]; then
	run docker tag "$image:current" "$image:previous"
fi
run docker tag "$image:next" "$image:current"
if [ -n "$dry_run" ]; then
	run docker compose up --detach --remove-orphans
	say "would wait up to $timeout s for /health/ready"
	exit 0
fi

say "starting, and waiting up to $timeout s for /health/ready"
if bring_up; then
	say "ready: $answer"
	say "now see whether each server works: ./smoke-test.sh"
	exit 0
fi

say "not ready: $answer" >&2
say "the container's last lines:" >&2
docker compose logs --no-color --no-log-prefix --tail 30 "$service" >&2 || true
if [ -z "$before" ]; then
	say "there is no previous image to go back to: it was left as it is" >&2
elif [ -z "$changed" ]; then
	say "the image is the one that ran before, so there is nothing to go back to: look at the config, .env and the servers" >&2
else
	say "going back to the previous image" >&2
	docker tag "$image:previous" "$image:current"
	if bring_up; then
		say "the previous image runs and is ready" >&2
	else
		say "the previous image is not ready either: $answer" >&2
	fi
fi
exit 1
