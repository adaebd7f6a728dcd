// The example of a run of `otoscope decoder`: which tokens and moments of the audio belong together.
import type { ArrayBlock } from "./arrayFormat";

export type MapName = "example_cross" | "example_own";

/** A map of one head: weights `[rows, columns]`. */
export interface DecoderMap {
  rows: number;
  columns: number;
  weights: Float32Array;
}

/** The map of a head in an array `[layer, head, row, column]`. */
export function mapOf(block: ArrayBlock, name: MapName, layer: number, head: number): DecoderMap {
  const { shape, values } = block.arrays[name];
  const [, heads, rows, columns] = shape;
  const start = (layer * heads + head) * rows * columns;
  return { rows, columns, weights: (values as Float32Array).subarray(start, start + rows * columns) };
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
