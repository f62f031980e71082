/**
 * Waits for all of these promises; gives the items whose promise had not settled in time. One that is rejected
 * throws.
 *
 * @param deadlineMs for all of them together
 */
export async function settledWithin<T>(
	deadlineMs: number,
	items: readonly T[],
	promiseOf: (item: T) => Promise<unknown>,
): Promise<T[]> {
	const open = new Set(items);
	let timer: NodeJS.Timeout | undefined;
	const deadline = new Promise<void>((resolve) => {
		timer = setTimeout(resolve, deadlineMs);
	});
	const all = Promise.all(
		items.map(async (item) => {
			await promiseOf(item);
			open.delete(item);
		}),
	);
	try {
		await Promise.race([all, deadline]);
	} finally {
		clearTimeout(timer);
	}
	return [...open];
}
