import type { ServerConfig } from "../config/resolve-config.ts";
import type { Members } from "../protocol/messages.ts";
import {
	type Era,
	eraOf,
	isLegacyRevision,
	latestLegacyRevision,
	modernRevision,
} from "../protocol/revisions.ts";

/** In which protocol revision the children of one server are opened: what its entry says, and what they have shown. */
export class Revisions {
	readonly #protocol: () => ServerConfig["protocol"];
	#learned: string | undefined;
	#spoken: string | undefined;

	/** @param protocol the entry's option as it is now */
	constructor(protocol: () => ServerConfig["protocol"]) {
		this.#protocol = protocol;
	}

	/** That of the next child. */
	get next(): string {
		const protocol = this.#protocol();
		if (protocol === "modern") return modernRevision;
		if (isLegacyRevision(protocol)) return protocol;
		return this.#learned ?? latestLegacyRevision;
	}

	/** What a child speaks that is opened for nobody in particular; undefined where that is not known yet. */
	get era(): Era | undefined {
		const protocol = this.#protocol();
		if (protocol === "auto") {
			return this.#learned === undefined ? undefined : eraOf(this.#learned);
		}
		return protocol === "modern" ? "modern" : "legacy";
	}

	/** What the last child that was ready speaks, where one was. */
	get spoken(): string | undefined {
		return this.#spoken;
	}

	/** Whether a child that does not take a revision may be opened in this one; what was legacy once may have been replaced by what is not. */
	mayTry(revision: string): boolean {
		const protocol = this.#protocol();
		if (protocol === "auto") return true;
		const isOpen = protocol === "legacy" || protocol === "dual";
		return isOpen && eraOf(revision) === "legacy";
	}

	/** A child has said in its refusal that it takes this one, or shown it by a result, in which a legacy one may name yet another (2025-11-25, lifecycle). */
	learn(revision: string, result: Members | undefined): void {
		this.#learned = revision;
		if (!result) return;
		const { protocolVersion } = result;
		const isNamed = typeof protocolVersion === "string";
		this.#spoken = isNamed ? protocolVersion : revision;
	}

	/** Another program may come up next. */
	forget(): void {
		this.#learned = undefined;
		this.#spoken = undefined;
	}
}
