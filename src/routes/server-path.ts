import { getPathNoStrict } from "hono/utils/url";

/**
 * The path by which a request is routed, without a slash at its end. A
 * server's name may hold slashes, also as they are
 * (`/servers/@acme/notes/mcp`): all between `/servers/` and the last part is
 * the name, as one part of the path.
 */
export function serverPath(basePath: string): (request: Request) => string {
	const before = `${basePath}/servers/`;
	return (request) => {
		const path = getPathNoStrict(request);
		if (!path.startsWith(before)) return path;
		const end = path.lastIndexOf("/");
		const name = path.slice(before.length, end);
		return name.includes("/")
			? before + name.replaceAll("/", "%2F") + path.slice(end)
			: path;
	};
}
