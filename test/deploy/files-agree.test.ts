import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { DockerfileParser } from "dockerfile-ast";
import { createBridge } from "mcp-edge-bridge";
import { expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import * as configApi from "../../src/config/config-api.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { resolveConfig } from "../../src/config/resolve-config.ts";
import { root } from "../harness/runtimes.ts";
import { scratch } from "../harness/scratch.ts";
import { deployFolder } from "./run.ts";

/** What several files say has to be the same in all of them. */

// biome-ignore lint/suspicious/noExplicitAny: read from files of other programs
type Any = any;

const text = (file: string) =>
	readFileSync(path.join(deployFolder, file), "utf8");
const compose: Any = parse(text("compose.yaml"));
const service = compose.services["mcp-edge-bridge"];
const manifests: Any[] = ["kubernetes.yaml", "kubernetes-ingress.yaml"].flatMap(
	(file) => parseAllDocuments(text(file)).map((one) => one.toJS()),
);
const manifest = (kind: string) => manifests.find((one) => one.kind === kind);
const pod = manifest("Deployment").spec.template.spec;
const [container] = pod.containers;
const unit = text("mcp-edge-bridge.service");
const liteLlm: Any = parse(text("litellm.config.yaml"));
const steps = DockerfileParser.parse(text("Dockerfile")).getInstructions();
/** The last of its kind. */
const step = (keyword: string) =>
	steps
		.findLast((one) => one.getKeyword() === keyword)
		?.getArgumentsContent() ?? "";

const at = scratch();
const exampleConfig = () => {
	process.env.DATA_DIR = at("data");
	process.env.ALLOWED_HOSTS = "mcp.example.com";
	return loadConfig(path.join(deployFolder, "config/servers.ts"), configApi);
};

test("everything waits longer for the bridge's end than the bridge takes at most", async () => {
	const { drainTimeoutMs, servers } = resolveConfig(
		{ servers: { one: { command: "one" } } },
		{ file: "/servers.ts" },
	);
	const longest = drainTimeoutMs + 2 * (servers.one?.stopTimeoutMs ?? 0);
	const seconds = (value: unknown) => Number.parseInt(`${value}`, 10) * 1000;
	const [, stop] = /^TimeoutStopSec=(\d+)$/m.exec(unit) ?? [];
	const [, sleep] = container.lifecycle.preStop.exec.command;
	expect(seconds(service.stop_grace_period)).toBeGreaterThan(longest);
	expect(seconds(stop)).toBeGreaterThan(longest);
	expect(
		seconds(pod.terminationGracePeriodSeconds) - seconds(sleep),
	).toBeGreaterThan(longest);
});

test("all name the port that the image's bridge listens on", () => {
	const port = step("EXPOSE");
	expect(JSON.parse(step("ENTRYPOINT")).slice(-4)).toEqual([
		"--host",
		"0.0.0.0",
		"--port",
		port,
	]);
	expect(step("ENV")).toContain(`HEALTH_URL=http://127.0.0.1:${port}/`);
	expect(service.ports).toEqual([
		expect.stringMatching(new RegExp(`^127\\.0\\.0\\.1:.*:${port}$`)),
	]);
	expect(
		service.labels[
			"traefik.http.services.mcp-edge-bridge.loadbalancer.server.port"
		],
	).toBe(port);
	expect(container.ports).toEqual([{ name: "http", containerPort: +port }]);
	expect(manifest("Service").spec.ports[0]).toMatchObject({
		port: +port,
		targetPort: "http",
	});
});

test("the paths that are asked for health are the bridge's, and no failed server ends the container", async () => {
	const bridge = createBridge({ servers: { one: { command: "one" } } });
	const { startupProbe, readinessProbe, livenessProbe } = container;
	for (const { httpGet } of [startupProbe, readinessProbe, livenessProbe])
		expect((await bridge.app.request(httpGet.path)).status).toBe(200);
	expect(livenessProbe.httpGet.path).toBe("/health/live");
	expect(readinessProbe.httpGet.path).toBe("/health/ready");
	expect(step("ENV")).toMatch(/HEALTH_URL=\S+\/health\/live$/m);
	await bridge.close();
});

test("Compose and Kubernetes run it as the image's user, who cannot write the image and has no rights", () => {
	const [user, group] = step("USER").split(":").map(Number);
	expect(pod.securityContext).toMatchObject({
		runAsNonRoot: true,
		runAsUser: user,
		runAsGroup: group,
		fsGroup: group,
	});
	expect(container.securityContext).toEqual({
		allowPrivilegeEscalation: false,
		readOnlyRootFilesystem: true,
		capabilities: { drop: ["ALL"] },
	});
	expect(service).toMatchObject({
		read_only: true,
		cap_drop: ["ALL"],
		security_opt: ["no-new-privileges:true"],
	});
	expect(service.user).toBeUndefined();
});

test("LiteLLM's config names servers of the example config, by the name of the service, with what LiteLLM demands", async () => {
	const { servers } = await exampleConfig();
	expect(Object.keys(liteLlm.mcp_servers).sort()).toEqual(
		Object.keys(servers).sort(),
	);
	for (const [name, entry] of Object.entries<Any>(liteLlm.mcp_servers)) {
		expect(name).not.toContain("-");
		expect(entry).toMatchObject({
			url: `http://mcp-edge-bridge:${step("EXPOSE")}/servers/${name}/mcp`,
			transport: "http",
			allow_all_keys: true,
		});
	}
	expect(Object.keys(compose.services)).toContain("mcp-edge-bridge");
	expect(liteLlm.general_settings.master_key).toBe(
		"os.environ/LITELLM_MASTER_KEY",
	);
	for (const network of ["proxy", "litellm"]) {
		expect(service.networks).toContain(network);
		expect(compose.services.litellm.networks).toContain(network);
	}
});

test("the names under which clients call the bridge are allowed", async () => {
	const { allowedHosts } = await exampleConfig();
	expect(allowedHosts).toEqual(["mcp.example.com"]);
	expect(service.environment.ALLOWED_HOSTS).toMatch(/^\$\{BRIDGE_HOST:/);
	expect(service.labels["traefik.http.routers.mcp-edge-bridge.rule"]).toContain(
		`\${BRIDGE_HOST}`,
	);
	const [{ host }] = manifest("Ingress").spec.rules;
	const { value } = container.env.find(
		(one: Any) => one.name === "ALLOWED_HOSTS",
	);
	expect(value.split(",")).toContain(host);
	expect(value.split(",")).toContain("mcp-edge-bridge.mcp.svc.cluster.local");
});

test("nothing on the way to the bridge lets anybody in without a password, or holds a stream back", () => {
	const middlewares = "traefik.http.routers.mcp-edge-bridge.middlewares";
	expect(service.labels[middlewares]).toBe("mcp-edge-bridge-auth");
	expect(service.labels).toHaveProperty([
		"traefik.http.middlewares.mcp-edge-bridge-auth.basicauth.users",
	]);
	expect(JSON.stringify(Object.keys(service.labels))).not.toMatch(
		/compress|buffering/,
	);
	expect(
		manifest("Ingress").metadata.annotations[
			"traefik.ingress.kubernetes.io/router.middlewares"
		],
	).toBe("mcp-mcp-edge-bridge-auth@kubernetescrd");
	expect(manifest("Middleware").spec).toHaveProperty("basicAuth");
});

test("the ConfigMap has the same servers.ts as the folder", () => {
	expect(manifest("ConfigMap").data).toEqual({
		"servers.ts": text("config/servers.ts"),
	});
});

test(".env.example has all variables of the Compose files, and no other", () => {
	const files = readdirSync(deployFolder).filter((file) =>
		/^compose.*\.yaml$/.test(file),
	);
	const used = files
		.flatMap((file) => [...text(file).matchAll(/\$\{(\w+)/g)])
		.map(([, name]) => name)
		// Of deploy.sh.
		.filter((name) => name !== "BRIDGE_TAG");
	const named = [...text(".env.example").matchAll(/^#?([A-Z_]+)=/gm)]
		.map(([, name]) => name)
		// Compose's own.
		.filter(
			(name) => !["COMPOSE_FILE", "COMPOSE_PROFILES"].includes(`${name}`),
		);
	expect(named.sort()).toEqual([...new Set(used)].sort());
});

test("the image has the Node that the suite tests", () => {
	const { optionalDependencies } = JSON.parse(
		readFileSync(path.join(root, "test/runtimes/package.json"), "utf8"),
	);
	const [, version] = optionalDependencies.node24.split("@");
	expect(steps[0]?.getArgumentsContent()).toBe(
		`node:${version}-trixie-slim AS base`,
	);
});
