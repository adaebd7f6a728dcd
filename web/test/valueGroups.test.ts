import { expect, test } from "vitest";
import { fixed } from "../src/core/heads";
import { decimals, groupValues, shareBelow } from "../src/core/valueGroups";
import type { ArrayBlock } from "../src/core/arrayFormat";

const block = (columns: Record<string, number[]>): ArrayBlock =>
  ({
    arrays: Object.fromEntries(
      Object.entries(columns).map(([name, values]) => [
        name,
        { values: Float32Array.from(values), shape: [values.length] },
      ]),
    ),
    attributes: {},
  }) as unknown as ArrayBlock;

test("each value is in one group, and ranks and intervals in none", () => {
  const names = [
    "layer",
    "head",
    "globalness",
    "globalness_low",
    "globalness_rank",
    "sink_share",
    "offset_peak_ms",
    "new",
  ];
  const groups = groupValues(block(Object.fromEntries(names.map((name) => [name, [1]]))));
  expect(groups.map(([, members]) => members)).toEqual([["globalness"], ["offset_peak_ms"], ["sink_share"], ["new"]]);
});

test("all heads have the same decimals, as the largest value needs them", () => {
  const table = block({ a: [0.0123, NaN], b: [-6.35, 0.1], c: [1234, 5], d: [0, 0] });
  expect(["a", "b", "c", "d"].map((name) => decimals(table, name))).toEqual([4, 2, 0, 0]);
  expect([fixed(-6.351, 2), fixed(NaN, 2)]).toEqual(["−6.35", "–"]);
});

test("the bar is the share of the other heads with a lower value", () => {
  const table = block({ a: [1, 2, 3, NaN] });
  expect([0, 1, 2].map((index) => shareBelow(table, "a", index))).toEqual([0, 0.5, 1]);
  expect(shareBelow(table, "a", 3)).toBeNaN();
});
