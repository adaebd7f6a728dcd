import { expect, test } from "vitest";
import { attendingRows, mapOf, rowOf, tokenText } from "../src/core/decoderExample";

const values = Float32Array.from({ length: 2 * 3 }, (_, index) => index);
const block = { arrays: { example_cross: { shape: [2, 3], values } }, attributes: {} };

test("a row of a map is its part of the array", () => {
  const map = mapOf(block);
  expect([map.name, map.rows, map.columns]).toEqual(["example_cross", 2, 3]);
  expect(Array.from(rowOf(map, 1))).toEqual([3, 4, 5]);
});

test("rows that attend to a moment come by their share of its mass, and weak ones are omitted", () => {
  const map = {
    name: "example_cross" as const,
    rows: 3,
    columns: 2,
    weights: Float32Array.from([0.2, 0, 0.7, 1, 0.01, 0]),
  };
  expect(attendingRows(map, 0)).toEqual([1, 0]);
  expect(attendingRows({ ...map, weights: new Float32Array(6) }, 0)).toEqual([]);
});

test("a token of spaces is a dot", () => {
  expect([tokenText(" she"), tokenText(" ")]).toEqual(["she", "·"]);
});
