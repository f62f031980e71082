import { afterEach, expect, test, vi } from "vitest";
import { SessionStore } from "../../src/routes/session-store.ts";

const alpha = { server: "alpha", principal: "alice" };
const beta = { server: "beta", principal: "bob" };

/** A session that has been idle since `lastUsed`, unless it is active. */
function session(lastUsed = 0, active = false) {
	return { lastUsed, active, close: vi.fn() };
}
const store = () => new SessionStore<ReturnType<typeof session>>();

afterEach(() => {
	vi.useRealTimers();
});

test("a session is found by its id, at its server only", () => {
	const sessions = store();
	const one = session();
	sessions.add(alpha, "a", one);
	expect(sessions.find("alpha", "a")).toBe(one);
	expect(sessions.find("beta", "a")).toBeUndefined();
	expect(sessions.find("alpha", "b")).toBeUndefined();
});

test("sessions are counted, all and by principal, until they end", () => {
	const sessions = store();
	sessions.add(alpha, "a", session());
	sessions.add({ ...beta, principal: "alice" }, "b", session());
	sessions.add(beta, "c", session());
	const counts = () => [
		sessions.size,
		sessions.sizeOf("alice"),
		sessions.sizeOf("bob"),
	];
	expect(counts()).toEqual([3, 2, 1]);
	sessions.end("alpha", "a");
	sessions.forget("c");
	sessions.forget("c");
	expect(counts()).toEqual([1, 1, 0]);
});

test("one that was ended is closed and its id is worth nothing, also where it is not here", () => {
	const sessions = store();
	const one = session();
	sessions.add(alpha, "a", one);
	sessions.end("alpha", "elsewhere");
	expect(sessions.hasEnded("elsewhere")).toBe(true);
	expect(sessions.hasEnded("a")).toBe(false);
	sessions.end("alpha", "a");
	expect(one.close).toHaveBeenCalledTimes(1);
	expect(sessions.find("alpha", "a")).toBeUndefined();
	expect(sessions.hasEnded("a")).toBe(true);
});

test("one that has ended by itself can be taken up again by its id", () => {
	const sessions = store();
	sessions.add(alpha, "a", session());
	sessions.forget("a");
	expect(sessions.hasEnded("a")).toBe(false);
});

test("the sessions of one server are taken out without the others, and their ids stay good", () => {
	const sessions = store();
	const [one, other] = [session(), session()];
	sessions.add(alpha, "a", one);
	sessions.add(beta, "b", other);
	expect(sessions.takeAll("alpha")).toEqual([one]);
	expect([sessions.size, sessions.hasEnded("a")]).toEqual([1, false]);
	expect(sessions.takeAll()).toEqual([other]);
	expect([sessions.size, sessions.hasEnded("b")]).toEqual([0, false]);
	expect(one.close).not.toHaveBeenCalled();
});

test("a session that ends is not forgotten in the place of another that has its id now", () => {
	const sessions = store();
	const [one, other] = [session(), session()];
	sessions.add(alpha, "a", one);
	sessions.takeAll("alpha");
	sessions.add(alpha, "a", other);
	sessions.forget("a", one);
	expect(sessions.find("alpha", "a")).toBe(other);
	sessions.forget("a", other);
	expect(sessions.find("alpha", "a")).toBeUndefined();
});

test("those that are idle for too long are ended, the active and the busy ones are not", () => {
	const sessions = store();
	sessions.add(alpha, "idle", session(99));
	sessions.add(alpha, "used", session(100));
	sessions.add(alpha, "active", session(0, true));
	sessions.reap(100);
	expect(
		["idle", "used", "active"].map((id) => [
			sessions.find("alpha", id) !== undefined,
			sessions.hasEnded(id),
		]),
	).toEqual([
		[false, true],
		[true, false],
		[true, false],
	]);
});

test("of those that have ended the last ten thousand are remembered", () => {
	const sessions = store();
	for (let n = 0; n <= 10_000; n++) sessions.end("alpha", String(n));
	expect(["0", "1", "10000"].map((id) => sessions.hasEnded(id))).toEqual([
		false,
		true,
		true,
	]);
});

test("all who wait for a session get it as soon as it is there, in their order", async () => {
	vi.useFakeTimers();
	const sessions = store();
	const order: number[] = [];
	const waiting = [1, 2].map((n) =>
		sessions.whenAdded("a", 1000).then((found) => {
			order.push(n);
			return found;
		}),
	);
	const other = sessions.whenAdded("b", 1000);
	const one = session();
	sessions.add(alpha, "a", one);
	expect(await Promise.all(waiting)).toEqual([one, one]);
	expect(order).toEqual([1, 2]);
	await vi.advanceTimersByTimeAsync(1000);
	expect(await other).toBeUndefined();
	expect(vi.getTimerCount()).toBe(0);
});

test("who has waited in vain does not keep the next from waiting", async () => {
	vi.useFakeTimers();
	const sessions = store();
	const first = sessions.whenAdded("a", 1000);
	await vi.advanceTimersByTimeAsync(999);
	const second = sessions.whenAdded("a", 1000);
	await vi.advanceTimersByTimeAsync(1);
	expect(await first).toBeUndefined();
	const one = session();
	sessions.add(alpha, "a", one);
	expect(await second).toBe(one);
});

test("who hears of sessions hears each come and go once, whatever ends it", () => {
	const heard: string[] = [];
	const events = {
		added: ({ server }: { server: string }, id: string) =>
			heard.push(`+${server}/${id}`),
		gone: ({ server }: { server: string }, id: string) =>
			heard.push(`-${server}/${id}`),
	};
	const sessions = new SessionStore<ReturnType<typeof session>>(events);
	for (const id of ["ended", "forgotten", "taken"]) {
		sessions.add({ server: "a", principal: "p" }, id, session());
	}
	sessions.end("a", "ended");
	sessions.end("a", "ended");
	sessions.forget("forgotten");
	sessions.takeAll();
	expect(sessions.sizeFor("a")).toBe(0);
	expect(heard).toEqual([
		...["+a/ended", "+a/forgotten", "+a/taken"],
		...["-a/ended", "-a/forgotten", "-a/taken"],
	]);
});
