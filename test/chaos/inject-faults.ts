import { setTimeout as delay } from "node:timers/promises";
import { childPids } from "../harness/start-bridge.ts";
import { serverStatus } from "../harness/status.ts";
import type { Journal } from "./journal.ts";
import type { Network } from "./network.ts";
import type { PlannedFault } from "./plan-faults.ts";
import { Random } from "./random.ts";
import type { RestartingBridge } from "./restarting-bridge.ts";
import { chaosConfig, type LoadedServer } from "./servers.ts";

/** Does what is planned, and heals what can be healed. */
export class FaultInjector {
	readonly #bridge: RestartingBridge;
	readonly #journal: Journal;
	readonly #networks: readonly Network[];
	readonly #servers: readonly LoadedServer[];
	readonly #toggles = new Map<string, number>();
	/** Children that were stopped by SIGSTOP, with what wakes each. */
	readonly #frozen = new Map<
		number,
		{ server: string; timer: NodeJS.Timeout }
	>();
	#extra = false;

	constructor(
		bridge: RestartingBridge,
		journal: Journal,
		networks: readonly Network[],
		servers: readonly LoadedServer[],
	) {
		this.#bridge = bridge;
		this.#journal = journal;
		this.#networks = networks;
		this.#servers = servers;
	}

	/** Settles when the last one is done. */
	async inject(plan: readonly PlannedFault[]): Promise<void> {
		const began = performance.now();
		let restart = Promise.resolve();
		for (const fault of plan) {
			await delay(Math.max(0, began + fault.at - performance.now()));
			if (fault.kind !== "restart") {
				await this.#do(fault);
				continue;
			}
			await restart;
			this.#journal.faults.add(fault.signal);
			restart = this.#bridge
				.restart(fault.signal)
				.then(() => this.#journal.faults.add("start"));
		}
		await restart;
	}

	/** Wakes whoever still sleeps. */
	heal(): void {
		for (const pid of [...this.#frozen.keys()]) this.#wake(pid);
	}

	/** The names that the last config has. */
	get serverNames(): string[] {
		const names = this.#servers.map(({ name }) => name);
		return this.#extra ? [...names, "extra"] : names;
	}

	async #do(fault: Exclude<PlannedFault, { kind: "restart" }>): Promise<void> {
		const { faults } = this.#journal;
		switch (fault.kind) {
			case "cut": {
				const random = new Random(Math.floor(fault.draw * 2 ** 31));
				for (const index of fault.clients) {
					const network = this.#networks[index];
					if (network?.cut(random)) faults.add("cut", network.client);
				}
				return;
			}
			case "kill": {
				const pid = await this.#childOf(fault.server, fault.draw);
				if (pid === undefined) return;
				if (signal(pid, "SIGKILL")) faults.add("kill", fault.server);
				return;
			}
			case "freeze": {
				const pid = await this.#childOf(fault.server, fault.draw);
				if (pid === undefined || this.#frozen.has(pid)) return;
				if (!signal(pid, "SIGSTOP")) return;
				faults.add("freeze", fault.server);
				const timer = setTimeout(() => this.#wake(pid), fault.forMs);
				this.#frozen.set(pid, { server: fault.server, timer });
				return;
			}
			case "toggle": {
				const { server } = fault;
				faults.add("toggle", server);
				this.#toggles.set(server, (this.#toggles.get(server) ?? 0) + 1);
				this.#edit();
				return;
			}
			case "extra":
				faults.add("extra", "extra");
				this.#extra = !this.#extra;
				this.#edit();
		}
	}

	#edit(): void {
		const edits = { toggles: this.#toggles, extra: this.#extra };
		this.#bridge.editConfig(chaosConfig(this.#servers, edits));
	}

	#wake(pid: number): void {
		const { server, timer } = this.#frozen.get(pid) ?? {};
		clearTimeout(timer);
		this.#frozen.delete(pid);
		this.#journal.faults.add("wake", server);
		// Nobody waits for a process that is stopped, so none that has gone can have left its pid to another unseen.
		const isOurs = this.#bridge.bridges.some((bridge) =>
			childPids(bridge).includes(pid),
		);
		if (isOurs) process.kill(pid, "SIGCONT");
	}

	/** A process of the server that runs now, if there is any. */
	async #childOf(name: string, draw: number): Promise<number | undefined> {
		if (!this.#bridge.isUp) return undefined;
		const status = await serverStatus(this.#bridge, name).catch(
			() => undefined,
		);
		const { shared, sharedModern, own = [] } = status ?? {};
		const running = childPids(this.#bridge.current);
		const pids = [shared, sharedModern, ...own].flatMap(
			(child) => child?.pid ?? [],
		);
		const alive = pids.filter((pid) => running.includes(pid));
		return alive[Math.floor(draw * alive.length)];
	}
}

/** Signals a child; false where it has ended since its id was read. */
function signal(pid: number, name: NodeJS.Signals): boolean {
	try {
		return process.kill(pid, name);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
		throw error;
	}
}
