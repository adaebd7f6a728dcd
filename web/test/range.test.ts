import { expect, test } from "vitest";
import { clamp, FEWEST, frameAt, pan, shareOf, zoom } from "../src/core/range";
import { TILE } from "../src/core/schema";
import { covered, levelFor, levels, visible } from "../src/core/tiles";

test("the frame under the pointer keeps its position when the range is zoomed", () => {
  const shown = zoom({ from: 0, to: 1000 }, 300, 0.5, 1000);
  expect(shareOf(shown, 300)).toBeCloseTo(0.3);
  expect(shown.to - shown.from).toBe(500);
});

test("a range never leaves the utterance and never has fewer frames than the minimum", () => {
  expect(pan({ from: 900, to: 1000 }, 50, 1000)).toEqual({ from: 900, to: 1000 });
  expect(pan({ from: 0, to: 100 }, -50, 1000)).toEqual({ from: 0, to: 100 });
  expect(zoom({ from: 0, to: 10 }, 5, 0.01, 1000).to - zoom({ from: 0, to: 10 }, 5, 0.01, 1000).from).toBe(FEWEST);
  expect(clamp({ from: -5, to: 4000 }, 1000)).toEqual({ from: 0, to: 1000 });
});

test("places on screen and frames are each other's inverse", () => {
  const range = { from: 12, to: 88 };
  for (const share of [0, 0.2, 1]) expect(shareOf(range, frameAt(range, share))).toBeCloseTo(share);
});

test("levels end where one tile holds the whole", () => {
  expect([1, TILE, TILE + 1, 3000].map(levels)).toEqual([1, 1, 2, 5]);
});

test("the level whose blocks are not smaller than a pixel is drawn, and no coarser one than there is", () => {
  expect(levelFor(0.5, 3000)).toBe(0);
  expect(levelFor(2.5, 3000)).toBe(1);
  expect(levelFor(1000, 3000)).toBe(4);
});

test("the tiles of a view are those that cover it", () => {
  const places = visible({ from: 0, to: 256 }, { from: 255, to: 513 }, 0, 1000);
  expect(places).toEqual([0, 1, 2].map((column) => ({ level: 0, row: 0, column })));
  expect(visible({ from: 0, to: 1000 }, { from: 0, to: 1000 }, 2, 1000)).toEqual([{ level: 2, row: 0, column: 0 }]);
});

test("the last tile ends with the utterance", () => {
  expect(covered(3, 0, 1000)).toEqual({ from: 768, to: 1000 });
});
