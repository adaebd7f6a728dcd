// The table of heads: sorted by layer and head or by a statistic, filtered by category.
import type { ArrayBlock } from "./arrayFormat";
import type { HeadInfo } from "./schema";

export interface Row extends HeadInfo {
  index: number;
  values: Record<string, number>;
}

/** Columns that identify a head. */
const IDENTIFIERS = ["layer", "head"];

export function rows(heads: HeadInfo[], table: ArrayBlock): Row[] {
  const columns = Object.entries(table.arrays).filter(([name]) => !IDENTIFIERS.includes(name));
  return heads.map((head, index) => ({
    ...head,
    index,
    values: Object.fromEntries(columns.map(([name, { values }]) => [name, values[index]])),
  }));
}

/** Names of the statistics: all columns but identifiers and the ends of intervals. */
export function measures(table: ArrayBlock): string[] {
  return Object.keys(table.arrays).filter((name) => !IDENTIFIERS.includes(name) && !/_(low|high)$/.test(name));
}

/** Sort by a statistic, highest first, missing values last; without a statistic, by layer and head. */
export function sortBy(all: Row[], measure: string): Row[] {
  if (!measure) return all;
  const value = (row: Row) => (Number.isFinite(row.values[measure]) ? row.values[measure] : -Infinity);
  return [...all].sort((a, b) => value(b) - value(a) || a.index - b.index);
}

export const filterByCategory = (all: Row[], category: string): Row[] =>
  category ? all.filter((row) => row.category === category) : all;

export const headId = ({ layer, head }: { layer: number; head: number }): string => `${layer}.${head}`;

/** A number as `write` writes it, with a minus sign instead of a hyphen; a dash where it is missing. */
const signed = (value: number, write: (value: number) => string): string =>
  Number.isFinite(value) ? write(value).replace(/^-/, "\u2212") : "–";

/** A number with three digits, in scientific notation where it is very large or small. */
export const formatNumber = (value: number): string => signed(value, threeDigits);

/** A number with some decimals. */
export const fixed = (value: number, decimals: number): string => signed(value, () => value.toFixed(decimals));

function threeDigits(value: number): string {
  const size = Math.abs(value);
  return size >= 1e4 || (size > 0 && size < 1e-3) ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}

export const columnLabel = (measure: string): string => measure.replaceAll("_", " ").replace(/ ms$/, " (ms)");
