import { describe, expect, test } from "vitest";
import { Spares } from "../../src/spawn/spares.ts";
import { FakeWire } from "../harness/fake-wire.ts";

describe("spares", () => {
	function spares(count: number) {
		const wires: FakeWire[] = [];
		const state = { count };
		const stock = new Spares(
			() => state.count,
			() => {
				const wire = new FakeWire();
				wires.push(wire);
				return wire;
			},
			(begin) => {
				begin();
				return () => {};
			},
		);
		return { stock, wires, state };
	}

	test("are started ahead, taken once, and replaced when taken", () => {
		const { stock, wires } = spares(2);
		stock.fill();
		stock.fill();
		expect(wires).toHaveLength(2);
		expect(stock.take()).toBe(wires[0]);
		expect(wires).toHaveLength(3);
		expect(stock.take()).toBe(wires[1]);
		expect(stock.take()).toBe(wires[2]);
	});

	test("where there is none a process is started", () => {
		const { stock, wires } = spares(0);
		stock.fill();
		expect(wires).toHaveLength(0);
		expect(stock.take()).toBe(wires[0]);
		expect(wires).toHaveLength(1);
	});

	test("one that died is not handed out, and not replaced before one is taken", async () => {
		const { stock, wires } = spares(1);
		stock.fill();
		await wires[0]?.die();
		expect(wires).toHaveLength(1);
		expect(stock.take()).toBe(wires[1]);
		expect(wires).toHaveLength(3);
	});

	test("all of them are ended by close, and none that was taken", async () => {
		const { stock, wires } = spares(2);
		stock.fill();
		stock.take();
		await stock.close();
		expect(wires.map(({ closes }) => closes)).toEqual([0, 1, 1]);
	});
});
