import { expect, test } from "vitest";
import { attendedSegments, GAP, meanRow, SHARE, SHORTEST } from "../src/core/segments";

const PERIOD = 0.02;

test("the segments contain at least the share of the attention that is to be played", () => {
  const row = Float32Array.from(
    { length: 200 },
    (_, frame) => Math.exp(-((frame - 40) ** 2) / 50) + 0.8 * Math.exp(-((frame - 150) ** 2) / 50),
  );
  const segments = attendedSegments(row, PERIOD);
  const total = row.reduce((sum, weight) => sum + weight, 0);
  const held = row.reduce((sum, weight, frame) => {
    const middle = (frame + 0.5) * PERIOD;
    return sum + (segments.some(({ start, end }) => start <= middle && middle < end) ? weight : 0);
  }, 0);
  expect(segments).toHaveLength(2);
  expect(held / total).toBeGreaterThanOrEqual(SHARE);
  expect(segments.reduce((sum, { start, end }) => sum + end - start, 0)).toBeLessThan(1);
});

test("a single frame is padded to the shortest segment, within the utterance", () => {
  const row = new Float32Array(100);
  row[0] = 1;
  const [{ start, end }] = attendedSegments(row, PERIOD);
  expect(start).toBe(0);
  expect(end).toBeGreaterThan(SHORTEST / 2);
  expect(attendedSegments(row, PERIOD)).toHaveLength(1);
});

test("frames with a short gap between are one stretch", () => {
  const row = new Float32Array(100);
  row[50] = row[50 + Math.floor(GAP / PERIOD)] = 0.5;
  expect(attendedSegments(row, PERIOD, 0.9)).toHaveLength(1);
});

test("no attention is no sound", () => {
  expect(attendedSegments(new Float32Array(10), PERIOD)).toEqual([]);
  expect(attendedSegments([], PERIOD)).toEqual([]);
});

test("the mean of rows is taken frame by frame", () => {
  expect([...meanRow([Float32Array.of(0, 1), Float32Array.of(1, 1)])]).toEqual([0.5, 1]);
});
