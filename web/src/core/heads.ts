// Heads in order: by place, or by any number of the run; shown or left out by category.
import type { Block } from "./block";
import type { HeadInfo } from "./schema";

export interface Row extends HeadInfo {
  index: number;
  values: Record<string, number>;
}

/** Columns that say where a head stands, not what it does. */
const PLACE = ["layer", "head"];

export function rows(heads: HeadInfo[], table: Block): Row[] {
  const columns = Object.entries(table.arrays).filter(([name]) => !PLACE.includes(name));
  return heads.map((head, index) => ({
    ...head,
    index,
    values: Object.fromEntries(columns.map(([name, { values }]) => [name, values[index]])),
  }));
}

/** Numbers that heads can be sorted by and placed by: every column but the ends of intervals. */
export function measures(table: Block): string[] {
  return Object.keys(table.arrays).filter((name) => !PLACE.includes(name) && !/_(low|high)$/.test(name));
}

/** Highest first; heads without a number last. Without a measure: by layer and head. */
export function sorted(all: Row[], measure: string): Row[] {
  if (!measure) return all;
  const value = (row: Row) => (Number.isFinite(row.values[measure]) ? row.values[measure] : -Infinity);
  return [...all].sort((a, b) => value(b) - value(a) || a.index - b.index);
}

export const shown = (all: Row[], category: string): Row[] => (category ? all.filter((row) => row.category === category) : all);

export const nameOf = ({ layer, head }: { layer: number; head: number }): string => `${layer}.${head}`;

/** A number as a person reads it. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  return size >= 1e4 || (size > 0 && size < 1e-3) ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}

export const spoken = (measure: string): string => measure.replaceAll("_", " ").replace(/ ms$/, " (ms)");
