export interface Point {
	readonly x: number;
	readonly y: number;
}

/** What the line of least squares rises by for one of x. */
export function slope(points: readonly Point[]): number {
	const meanX = mean(points.map(({ x }) => x));
	const meanY = mean(points.map(({ y }) => y));
	const covariance = points.map(({ x, y }) => (x - meanX) * (y - meanY));
	const variance = points.map(({ x }) => (x - meanX) ** 2);
	return mean(covariance) / mean(variance);
}

function mean(values: readonly number[]): number {
	return values.reduce((a, b) => a + b, 0) / values.length;
}
