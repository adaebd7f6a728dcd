// The example of a run of `otoscope decoder`: which tokens and moments of the audio belong together.
import type { ArrayBlock } from "./arrayFormat";

export type MapName = "example_cross" | "example_own";

/** A map of one head: weights `[rows, columns]`, on audio or on its own text. */
export interface DecoderMap {
  name: MapName;
  rows: number;
  columns: number;
  weights: Float32Array;
}

/** The map of a head, as the viewer sends it. */
export function mapOf(block: ArrayBlock): DecoderMap {
  const [[name, { shape, values }]] = Object.entries(block.arrays);
  const [rows, columns] = shape;
  return { name: name as MapName, rows, columns, weights: values as Float32Array };
}

export function rowOf({ columns, weights }: DecoderMap, row: number): Float32Array {
  return weights.subarray(row * columns, (row + 1) * columns);
}

/** The rows that attend to a column, by the share of the column's mass, most first; those under `least` are omitted. */
export function attendingRows({ rows, columns, weights }: DecoderMap, column: number, least = 0.1): number[] {
  const mass = Array.from({ length: rows }, (_, row) => weights[row * columns + column] || 0);
  const total = mass.reduce((sum, weight) => sum + weight, 0);
  return mass
    .map((weight, row) => ({ row, share: total ? weight / total : 0 }))
    .filter(({ share }) => share >= least)
    .sort((a, b) => b.share - a.share)
    .map(({ row }) => row);
}

/** A token as it is shown: spaces alone are a dot. */
export function tokenText(token: string): string {
  return token.trim() || "·";
}
