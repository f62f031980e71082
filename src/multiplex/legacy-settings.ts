import { isLeftAtWork } from "../protocol/bridge-errors.ts";
import type { DropKind } from "../protocol/drop-kinds.ts";
import { isLogLevel, leastSevere } from "../protocol/log-levels.ts";
import { type Members, type Request, resultOf } from "../protocol/messages.ts";
import type { Call } from "./call.ts";
import { Connection } from "./call.ts";
import type { DialectHost } from "./dialect.ts";
import { ResourceWatchers } from "./resource-watchers.ts";

/**
 * What a legacy child is set to, for all of its clients together: subscribed to
 * what any of them is, at the level that all need. What each client has set up
 * stands on its connection, so that the next child can be brought there.
 */
export class LegacySettings {
	readonly #host: DialectHost;
	readonly #send: (call: Call, request: Request) => void;
	/** Clients that have subscribed, and calls that are `subscriptions/listen`. */
	readonly #watchers = new ResourceWatchers<Connection | Call>();
	/** The resources that the child has agreed to tell of. */
	readonly #agreed = new Set<string>();
	/** The level that the child was last asked for. */
	#level: string | undefined;

	/** @param send sends a call's request */
	constructor(host: DialectHost, send: (call: Call, request: Request) => void) {
		this.#host = host;
		this.#send = send;
	}

	/** Brings a child to where the one before it was. */
	setUp(): void {
		for (const connection of this.#host.connections) {
			for (const uri of connection.uris) this.#watchers.add(uri, connection);
			for (const call of connection.calls) {
				for (const uri of call.subscription?.uris ?? []) {
					this.#watchers.add(uri, call);
				}
			}
		}
		this.#askLevel();
		for (const uri of this.#watchers.uris) this.#subscribeAgain(uri);
	}

	/** Puts a legacy client's call to the child, if the child has to hear of it: others have, or still want, the same. */
	begin(call: Call): void {
		const { connection, request } = call;
		const { uri, level } = request.params ?? {};
		const { method } = request;
		if (method === "resources/subscribe" && typeof uri === "string") {
			this.#subscribe(call, uri);
		} else if (method === "resources/unsubscribe" && typeof uri === "string") {
			if (this.#unwatch(uri, connection)) this.#send(call, request);
			else this.#host.settle(call, resultOf(request.id, {}));
		} else if (method === "logging/setLevel" && isLogLevel(level)) {
			call.setting ??= { name: "level", before: connection.level };
			connection.level = level;
			this.#level = this.#neededLevel;
			const params = { ...request.params, level: this.#level };
			this.#send(call, { ...request, params });
		} else this.#send(call, request);
	}

	/** The child has done what a call asked for: what was noted for it holds for others too. */
	confirm({ setting }: Call): void {
		if (setting?.name === "subscription") this.#agreed.add(setting.uri);
	}

	/** A call has come to nothing: what was noted for it is not so. Gives the resource that nobody watches any more. */
	takeBack({ connection, setting }: Call): string | undefined {
		if (setting?.name === "subscription") {
			const { uri } = setting;
			return this.#unwatch(uri, connection) ? uri : undefined;
		}
		if (setting?.name === "level") {
			connection.level = setting.before;
			this.#level = undefined;
		}
		return undefined;
	}

	/** Ends subscriptions at the child that nobody needs any more. */
	unsubscribe(uri: string): void {
		this.#host.askOwn("resources/unsubscribe", { uri }, () => {});
	}

	/** Has the child send the log messages that a client wants; false where it does already, or was asked to and does not. */
	wantLevel(connection: Connection, level: string): boolean {
		if (connection.level === level) return false;
		connection.level = level;
		return this.#askLevel();
	}

	/**
	 * Lets a `subscriptions/listen` hear of resources.
	 *
	 * @param done called once with those that the child has agreed to tell of
	 */
	watch(
		call: Call,
		uris: readonly string[],
		done: (agreed: string[]) => void,
	): void {
		const agreed: string[] = [];
		let left = uris.length;
		const settle = (uri: string, isAgreed: boolean) => {
			if (isAgreed) agreed.push(uri);
			else {
				this.#watchers.remove(uri, call);
				this.#dropped("subscription-refused");
			}
			if (--left === 0) done(agreed);
		};
		for (const uri of uris) {
			this.#watchers.add(uri, call);
			if (this.#agreed.has(uri)) settle(uri, true);
			else {
				this.#ask("resources/subscribe", { uri }, (isDone) => {
					if (isDone) this.#agreed.add(uri);
					settle(uri, isDone);
				});
			}
		}
	}

	/** A `subscriptions/listen` has ended. */
	unwatch(call: Call): void {
		for (const uri of call.subscription?.uris ?? []) {
			if (this.#unwatch(uri, call)) this.unsubscribe(uri);
		}
	}

	/** A client has gone. */
	leave(connection: Connection): void {
		for (const uri of [...connection.uris]) {
			if (this.#unwatch(uri, connection)) this.unsubscribe(uri);
		}
	}

	/** Who is to hear of a resource. */
	watchersOf(uri: string): Set<Connection | Call> {
		return this.#watchers.of(uri);
	}

	#subscribe(call: Call, uri: string): void {
		const { connection, request } = call;
		if (!connection.uris.has(uri)) {
			// Before the answer, which an update may follow at once.
			connection.uris.add(uri);
			this.#watchers.add(uri, connection);
			call.setting = { name: "subscription", uri };
			if (this.#agreed.has(uri)) {
				this.#host.settle(call, resultOf(request.id, {}));
				return;
			}
		}
		this.#send(call, request);
	}

	#subscribeAgain(uri: string): void {
		this.#ask("resources/subscribe", { uri }, (isDone, isLate) => {
			if (isDone) {
				if (this.#watchers.has(uri)) this.#agreed.add(uri);
			} else if (!isLate) this.#refused(uri);
		});
	}

	/** The child does not take a subscription that another had agreed to: nobody has it any more. */
	#refused(uri: string): void {
		this.#agreed.delete(uri);
		for (const watcher of this.#watchers.removeAll(uri)) {
			if (watcher instanceof Connection) watcher.uris.delete(uri);
		}
	}

	/** Forgets one watcher; true where nobody watches the resource any more. */
	#unwatch(uri: string, watcher: Connection | Call): boolean {
		if (watcher instanceof Connection) watcher.uris.delete(uri);
		if (!this.#watchers.remove(uri, watcher)) return false;
		this.#agreed.delete(uri);
		return true;
	}

	/** The least severe level that a client has set: so every client gets its lines. */
	get #neededLevel(): string | undefined {
		const levels = [...this.#host.connections].flatMap(
			({ level }) => level ?? [],
		);
		return leastSevere(levels);
	}

	/** Asks the child for the level that is needed; false where it has it. */
	#askLevel(): boolean {
		const level = this.#neededLevel;
		if (level === undefined || level === this.#level) return false;
		this.#level = level;
		this.#ask("logging/setLevel", { level }, (isDone) => {
			if (!isDone) this.#level = undefined;
		});
		return true;
	}

	/** @param then whether the child has done it, and whether it may still be at it, since it took too long */
	#ask(
		method: string,
		params: Members,
		then: (isDone: boolean, isLate: boolean) => void,
	): void {
		this.#host.askOwn(method, params, (message) => {
			if ("method" in message) return;
			const isLate = "error" in message && isLeftAtWork(message.error);
			then("result" in message, isLate);
		});
	}

	#dropped(kind: DropKind): void {
		this.#host.dropped(kind);
	}
}
