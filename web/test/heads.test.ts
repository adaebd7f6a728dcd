import { expect, test } from "vitest";
import { measures, headId, rows, formatNumber, filterByCategory, sortBy } from "../src/core/heads";
import { byLayer, flowing, neighbour } from "../src/core/grid";

const table = {
  arrays: {
    layer: { shape: [3], values: Float32Array.of(0, 0, 1) },
    globalness: { shape: [3], values: Float32Array.of(1, NaN, 3) },
    globalness_low: { shape: [3], values: Float32Array.of(0, 0, 2) },
  },
  attributes: {},
};
const heads = [
  { layer: 0, head: 0, category: "global", shape: "uniform", operations: [] },
  { layer: 0, head: 1, category: "vertical", shape: "vertical", operations: [] },
  { layer: 1, head: 0, category: "global", shape: "uniform", operations: [] },
];
const all = rows(heads, table);

test("heads are sorted from high to low, those without a number last", () => {
  expect(sortBy(all, "globalness").map(headId)).toEqual(["1.0", "0.0", "0.1"]);
  expect(sortBy(all, "").map(headId)).toEqual(["0.0", "0.1", "1.0"]);
});

test("ends of intervals and places are no measures", () => {
  expect(measures(table)).toEqual(["globalness"]);
});

test("a category excludes the others", () => {
  expect(filterByCategory(all, "global").map(headId)).toEqual(["0.0", "1.0"]);
  expect(filterByCategory(all, "")).toHaveLength(3);
});

test("arrow keys walk the grid and stop at its edges", () => {
  const cells = flowing(11, 4);
  expect(neighbour("ArrowDown", 1, cells)).toBe(5);
  expect(neighbour("ArrowDown", 7, cells)).toBe(10);
  expect(neighbour("ArrowUp", 1, cells)).toBe(1);
  expect(neighbour("ArrowRight", 10, cells)).toBe(10);
  expect(neighbour("x", 3, cells)).toBe(3);
});

test("arrow keys come to every layer, though layers have different heads", () => {
  const heads = [
    { layer: 0, head: 0 },
    { layer: 0, head: 3 },
    { layer: 2, head: 1 },
    { layer: 2, head: 2 },
    { layer: 3, head: 0 },
  ];
  const cells = byLayer(heads);
  expect(neighbour("ArrowDown", 1, cells)).toBe(3);
  expect(neighbour("ArrowDown", 3, cells)).toBe(4);
  expect(neighbour("ArrowDown", 4, cells)).toBe(4);
  expect(neighbour("ArrowUp", 4, cells)).toBe(2);
});

test("numbers have three digits, or scientific notation", () => {
  expect([0, 1.23456, 0.00012, 123456, NaN].map(formatNumber)).toEqual(["0", "1.23", "1.2e-4", "1.2e+5", "–"]);
  expect([-1.23456, -0.00012].map(formatNumber)).toEqual(["−1.23", "−1.2e-4"]);
});
