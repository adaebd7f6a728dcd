// From bytes of attention to colours: the scale of otoscope.viewer.quantise, the ramps of otoscope.figures.theme.
import { LOW, STEPS } from "./schema";

export const SCALES = ["log", "linear", "row"] as const;
export type Scale = (typeof SCALES)[number];
export type Rgb = [number, number, number];

/** The attention weight of each byte. */
export const WEIGHTS = Float32Array.from({ length: 256 }, (_, code) => (code ? LOW * LOW ** (-(code - 1) / STEPS) : 0));

/** On the log scale colours run from a quarter of uniform attention to 64 times uniform attention. */
export const FAINTEST = 1 / 4;
export const STRONGEST = 64;
export const RAMP_STEPS = 256;

export interface Theme {
  name: "light" | "dark";
  surface: string;
  ink: string;
  quiet: string;
  line: string;
  deep: string;
  categories: Record<string, string>;
  neutral: string;
  /** Ends of the scale from avoided to preferred, which meets the surface in the middle. */
  below: string;
  above: string;
}

export const LIGHT: Theme = {
  name: "light",
  surface: "#ffffff",
  ink: "#1b1f24",
  quiet: "#5f6873",
  line: "#d9dde2",
  deep: "#0b0f14",
  categories: { global: "#005ea6", vertical: "#d55e00", diagonal: "#009e73" },
  neutral: "#56616f",
  below: "#8a4f9e",
  above: "#00796b",
};

export const DARK: Theme = {
  name: "dark",
  surface: "#14171c",
  ink: "#e8eaed",
  quiet: "#9aa3ad",
  line: "#333941",
  deep: "#ffffff",
  categories: { global: "#4d9be6", vertical: "#e69f00", diagonal: "#3fd6a0" },
  neutral: "#a7b1bd",
  below: "#c79bda",
  above: "#4fd1bd",
};

export function rgb(hex: string): Rgb {
  const value = parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** Interpolate between stops [position, colour], with positions ascending from 0 to 1. */
export function between(stops: [number, Rgb][], place: number): Rgb {
  const next = stops.findIndex(([stop]) => stop >= place);
  if (next <= 0) return stops[next < 0 ? stops.length - 1 : 0][1];
  const [[from, a], [to, b]] = [stops[next - 1], stops[next]];
  const share = (place - from) / (to - from);
  return [0, 1, 2].map((i) => Math.round(a[i] + (b[i] - a[i]) * share)) as Rgb;
}

const ramps = new Map<string, Uint32Array>();

/** Little-endian RGBA words from the surface through a colour to the strongest; cached for each theme and category. */
export function ramp(theme: Theme, category: string): Uint32Array {
  const name = `${theme.name} ${category}`;
  const colours = ramps.get(name) ?? makeRamp(theme, category);
  ramps.set(name, colours);
  return colours;
}

function makeRamp(theme: Theme, category: string): Uint32Array {
  const stops: [number, Rgb][] = [
    [0, rgb(theme.surface)],
    [0.6, rgb(theme.categories[category] ?? theme.neutral)],
    [1, rgb(theme.deep)],
  ];
  return Uint32Array.from({ length: RAMP_STEPS }, (_, i) => word(between(stops, i / (RAMP_STEPS - 1))));
}

/** A colour as a little-endian RGBA word. */
export function word([r, g, b]: Rgb): number {
  return (255 << 24) | (b << 16) | (g << 8) | r;
}

/** Position on the ramp, 0 to 1, of a weight in a map with this number of frames and this highest weight. */
export function place(weight: number, scale: Scale, frames: number, highest: number): number {
  const share =
    scale === "log" ? Math.log((weight * frames) / FAINTEST) / Math.log(STRONGEST / FAINTEST) : weight / highest;
  return Math.min(1, Math.max(0, share || 0));
}

export interface Painting {
  ramp: Uint32Array;
  scale: Scale;
  frames: number;
  highest: number;
}

/** Pixels of a tile; with the scale "row", each row is relative to its own peak. */
export function paint(code: Uint8Array, columns: number, peaks: Float32Array, painting: Painting): Uint32Array {
  const pixels = new Uint32Array(code.length);
  if (painting.scale !== "row") {
    const palette = paletteOf(painting, painting.highest);
    for (let i = 0; i < code.length; i++) pixels[i] = palette[code[i]];
    return pixels;
  }
  for (let row = 0; row * columns < code.length; row++) {
    const palette = paletteOf(painting, peaks[row]);
    for (let i = row * columns; i < (row + 1) * columns; i++) pixels[i] = palette[code[i]];
  }
  return pixels;
}

function paletteOf({ ramp, scale, frames }: Painting, highest: number): Uint32Array {
  return Uint32Array.from(
    WEIGHTS,
    (weight) => ramp[Math.round(place(weight, scale, frames, highest) * (RAMP_STEPS - 1))],
  );
}
