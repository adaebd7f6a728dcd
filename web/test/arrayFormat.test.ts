import { expect, test } from "vitest";
import { unpack } from "../src/core/arrayFormat";
import { WEIGHTS } from "../src/core/colour";
import { decodeBase64 } from "../src/hosts/exported";
import expected from "./contract.json";

// Written by Python: tests/viewer/test_contract.py compares it with the bytes that otoscope.viewer packs.

test("arrays that Python packed are unpacked: names, shapes, values and attributes", () => {
  const { arrays, attributes } = unpack(decodeBase64(expected.block));
  expect(attributes).toEqual(expected.attributes);
  for (const [name, { shape, values }] of Object.entries<{ shape: number[]; values: number[] }>(expected.arrays)) {
    expect(arrays[name].shape).toEqual(shape);
    expect([...arrays[name].values]).toEqual(values);
  }
});

test("a byte has the weight that Python computes", () => {
  expected.weights.forEach((weight: number, code: number) => expect(WEIGHTS[code]).toBeCloseTo(weight, 6));
});

test("other bytes are an error", () => {
  expect(() => unpack(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer)).toThrow("expected arrays");
});
