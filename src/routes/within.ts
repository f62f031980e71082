/** What the work gives; undefined where that takes longer. The work itself goes on, and what becomes of it is nobody's business any more. */
export async function within<T>(
	timeoutMs: number,
	work: Promise<T>,
): Promise<T | undefined> {
	let timer: NodeJS.Timeout | undefined;
	const timeout = new Promise<undefined>((resolve) => {
		timer = setTimeout(resolve, timeoutMs, undefined);
	});
	try {
		return await Promise.race([work, timeout]);
	} finally {
		clearTimeout(timer);
	}
}
