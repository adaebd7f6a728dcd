// Which tiles of a pyramid a view needs.
import type { Range } from "./range";
import { TILE } from "./schema";

export interface Place {
  level: number;
  row: number;
  column: number;
}

/** Number of levels of a map, as otoscope.viewer.pyramid builds them. */
export function levels(frames: number): number {
  let count = 1;
  for (let side = frames; side > TILE; side = Math.ceil(side / 2)) count++;
  return count;
}

/** The finest level whose blocks are not smaller than a pixel. */
export function levelFor(framesPerPixel: number, frames: number): number {
  const level = Math.floor(Math.log2(Math.max(1, framesPerPixel)));
  return Math.min(levels(frames) - 1, level);
}

export function visible(queries: Range, keys: Range, level: number, frames: number): Place[] {
  const places: Place[] = [];
  for (const row of tilesOf(queries, level, frames))
    for (const column of tilesOf(keys, level, frames)) places.push({ level, row, column });
  return places;
}

function tilesOf(range: Range, level: number, frames: number): number[] {
  const size = TILE * 2 ** level;
  const first = Math.floor(range.from / size);
  const last = Math.floor((Math.min(range.to, frames) - 1e-9) / size);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** Frames that a tile covers along one axis. */
export function covered(index: number, level: number, frames: number): Range {
  const size = TILE * 2 ** level;
  return { from: index * size, to: Math.min((index + 1) * size, frames) };
}
