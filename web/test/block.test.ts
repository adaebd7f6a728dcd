import { expect, test } from "vitest";
import { unpack } from "../src/core/block";
import { WEIGHTS } from "../src/core/colour";
import { decoded } from "../src/sources/embedded";
import expected from "./contract.json";

// Written by Python: tests/viewer/test_viewer_contract.py compares it with what otoscope.viewer packs now.

test("what Python packed is unpacked: names, shapes, values and what is said beside", () => {
  const { arrays, about } = unpack(decoded(expected.block));
  expect(about).toEqual(expected.about);
  for (const [name, { shape, values }] of Object.entries<{ shape: number[]; values: number[] }>(expected.arrays)) {
    expect(arrays[name].shape).toEqual(shape);
    expect([...arrays[name].values]).toEqual(values);
  }
});

test("a byte stands for the weight that Python says", () => {
  expected.weights.forEach((weight: number, code: number) => expect(WEIGHTS[code]).toBeCloseTo(weight, 6));
});

test("bytes that are no block are refused", () => {
  expect(() => unpack(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer)).toThrow("no block");
});
