/** What the work gives; undefined where that takes longer. The work itself goes on, and what becomes of it is nobody's business any more. */
export function withTimeout<T>(
	timeoutMs: number,
	work: Promise<T>,
): Promise<T | undefined> {
	return new Promise((resolve, reject) => {
		const timer = setTimeout(resolve, timeoutMs, undefined);
		work.then(resolve, reject).finally(() => clearTimeout(timer));
	});
}
