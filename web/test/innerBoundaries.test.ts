import { expect, test } from "vitest";
import { innerBoundaries } from "../src/core/innerBoundaries";
import { ticks } from "../src/core/ticks";

const spans = (...times: [number, number][]) =>
  times.map(([start, end]) => ({ label: "", start, end, folded: "", group: "" }));

test("neighbours that touch share a boundary, a gap has two, the outermost are none", () => {
  expect(innerBoundaries(spans([0, 0.2], [0.2, 0.5], [0.7, 1]))).toEqual([0.2, 0.5, 0.7]);
  expect(innerBoundaries([])).toEqual([]);
});

test("times along the axis are round and differ", () => {
  expect(ticks({ from: 0, to: 3 }, 6).map(({ text }) => text)).toEqual([
    "0.0 s",
    "0.5 s",
    "1.0 s",
    "1.5 s",
    "2.0 s",
    "2.5 s",
    "3.0 s",
  ]);
  expect(ticks({ from: 1.03, to: 1.08 }, 5).map(({ text }) => text)).toEqual([
    "1.03 s",
    "1.04 s",
    "1.05 s",
    "1.06 s",
    "1.07 s",
    "1.08 s",
  ]);
  expect(ticks({ from: 0, to: 300 }, 6).map(({ text }) => text)).toEqual([
    "0 s",
    "50 s",
    "100 s",
    "150 s",
    "200 s",
    "250 s",
    "300 s",
  ]);
});
