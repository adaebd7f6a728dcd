import { expect, test } from "vitest";
import { DARK, LIGHT, between, paint, place, ramp, rgb, RAMP_STEPS, WEIGHTS } from "../src/core/colour";

test("the log scale runs from a quarter of uniform attention to 64 times uniform attention", () => {
  expect(place(0.25 / 100, "log", 100, 1)).toBeCloseTo(0);
  expect(place(64 / 100, "log", 100, 1)).toBeCloseTo(1);
  expect(place(4 / 100, "log", 100, 1)).toBeCloseTo(0.5);
});

test("the linear scale ends at the highest weight; no attention is the surface on every scale", () => {
  expect(place(0.5, "linear", 100, 0.5)).toBe(1);
  expect(place(0.25, "linear", 100, 0.5)).toBe(0.5);
  for (const scale of ["log", "linear", "row"] as const) expect(place(0, scale, 100, 0)).toBe(0);
});

test("by row, each row's own peak is the strongest colour", () => {
  const colours = ramp(LIGHT, "global");
  const code = new Uint8Array([255, 0, 100, 0]);
  const peaks = new Float32Array([1, WEIGHTS[100]]);
  const pixels = paint(code, 2, peaks, { ramp: colours, scale: "row", frames: 2, highest: 1 });
  expect([...pixels]).toEqual([colours[RAMP_STEPS - 1], colours[0], colours[RAMP_STEPS - 1], colours[0]]);
});

test("a ramp begins on the surface and ends in the deepest colour, and darkens or lightens all the way", () => {
  const light = (word: number) => (word & 255) + ((word >> 8) & 255) + ((word >> 16) & 255);
  for (const theme of [LIGHT, DARK])
    for (const category of Object.keys(theme.categories)) {
      const values = [...ramp(theme, category)].map(light);
      const sign = Math.sign(values[RAMP_STEPS - 1] - values[0]);
      expect(values.slice(1).every((value, i) => sign * (value - values[i]) >= 0)).toBe(true);
    }
});

test("colours between two stops are mixed", () => {
  expect(
    between(
      [
        [0, rgb("#000000")],
        [1, rgb("#ffffff")],
      ],
      0.5,
    ),
  ).toEqual([128, 128, 128]);
});

/** Relative luminance contrast of the web's accessibility guidelines. */
function contrast(a: string, b: string): number {
  const luminance = (hex: string) => {
    const [r, g, blue] = rgb(hex).map((value) => {
      const share = value / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * blue;
  };
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

test("text and marks have enough contrast on the surface", () => {
  for (const theme of [LIGHT, DARK]) {
    expect(contrast(theme.ink, theme.surface)).toBeGreaterThan(7);
    expect(contrast(theme.quiet, theme.surface)).toBeGreaterThan(4.5);
    for (const colour of Object.values(theme.categories)) expect(contrast(colour, theme.surface)).toBeGreaterThan(3);
  }
});
