/** A host as it is listened on and compared: an IPv6 address without the brackets that a URL has around it. */
export function unbracketed(host: string): string {
	return host.replace(/^\[(.*:.*)\]$/, "$1");
}
