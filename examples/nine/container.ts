import { defineServers, env } from "mcp-edge-bridge";

const name = "mcp-filesystem";

/** `filesystem` as a container. */
export default defineServers({
	servers: {
		filesystem: {
			command: "docker",
			args: [
				"run",
				// The client passes stdin on.
				"--interactive",
				"--rm",
				// Without it the server is the container's process 1, which ignores SIGTERM.
				"--init",
				"--name",
				name,
				"--network",
				"none",
				"--mount",
				`type=bind,src=${env("FILES_DIR")},dst=/projects`,
				"mcp/filesystem",
				"/projects",
			],
			// The docker client finds its engine by these.
			inheritEnv: ["DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG"],
			// A name can be used once at a time. And it takes a client's roots as a permission.
			isolation: "shared",
			warm: 1,
			// The engine takes its time.
			startTimeoutMs: 60_000,
			stopTimeoutMs: 5000,
			// The container of a client that was killed goes on.
			stopCommand: ["docker", "rm", "--force", name],
		},
	},
});
