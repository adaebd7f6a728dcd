// The values of a head in groups, with decimals that fit all heads and a place among them.
import type { ArrayBlock } from "./arrayFormat";
import { measures } from "./heads";

const GROUPS: [title: string, pattern: RegExp][] = [
  ["Category", /^(globalness|verticality|diagonality|weight|category_agreement)$/],
  ["Corrected for length and other heads", /^(normalised|relative|cumulative)_/],
  ["Shape and offsets", /^(shape|offset|structure)/],
  ["Sinks and norms", /^(sink|attention_norm|norm)/],
];
const MAX_DECIMALS = 5;

/** Names of the values by the title of their group; the rest is "Other". Ranks are not values of their own. */
export function groupValues(table: ArrayBlock): [title: string, names: string[]][] {
  const names = measures(table).filter((name) => !name.endsWith("_rank"));
  const titleOf = (name: string) => GROUPS.find(([, pattern]) => pattern.test(name))?.[0] ?? "Other";
  const titles = [...GROUPS.map(([title]) => title), "Other"];
  const groups = titles.map((title): [string, string[]] => [title, names.filter((name) => titleOf(name) === title)]);
  return groups.filter(([, members]) => members.length);
}

const column = (table: ArrayBlock, name: string): number[] => Array.from(table.arrays[name]?.values ?? []);

/** Decimals with which the largest value of a column has three digits. */
export function decimals(table: ArrayBlock, name: string): number {
  const largest = Math.max(...column(table, name).filter(Number.isFinite).map(Math.abs));
  if (!(largest > 0)) return 0;
  return Math.min(MAX_DECIMALS, Math.max(0, 2 - Math.floor(Math.log10(largest))));
}

/** The share of the other heads with a lower value, from 0 to 1; NaN where the head has none. */
export function shareBelow(table: ArrayBlock, name: string, index: number): number {
  const values = column(table, name);
  const own = values[index];
  const others = values.filter((value, other) => other !== index && Number.isFinite(value));
  if (!Number.isFinite(own) || !others.length) return NaN;
  return others.filter((value) => value < own).length / others.length;
}
