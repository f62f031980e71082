/**
 * Loads a config as the bridge does, and starts nothing: exit code 0 and the names of its servers, or 2 and what to
 * correct. In the image it lies beside `dist`.
 *
 * node check-config.mjs FILE
 */
const [file = "/config/servers.ts"] = process.argv.slice(2);
const dist = new URL(
	import.meta.url.includes("/wrangler-free-deploy/") ? "../dist/" : "dist/",
	import.meta.url,
);

try {
	const { servers } = await load();
	const names = Object.keys(servers).filter((name) => servers[name].enabled);
	console.log(`${file}: ${names.join(", ")}`);
} catch (error) {
	console.error(`${error.code ?? error.name}: ${error.message}`);
	process.exitCode = 2;
}

async function load() {
	if (file.endsWith(".json")) {
		const module = new URL("config/named-servers.js", dist).href;
		return (await (await import(module)).loadNamedServers(file)).config;
	}
	const module = new URL("config/load-config-apart.js", dist).href;
	return (await import(module)).loadConfigApart(file);
}
