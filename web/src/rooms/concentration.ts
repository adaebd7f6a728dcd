// How much a head attends to each phone, where the run has relation maps.
import { floats } from "../core/block";
import type { Row } from "../core/heads";
import type { Viewer } from "../core/viewer";

export interface Concentrations {
  phones: string[];
  /** Concentration [head of the run's list][phone]. */
  values: Float32Array[];
}

export const hasRelations = (viewer: Viewer): boolean => viewer.run.variables.some(({ name }) => name === "concentration");

export async function concentrations(viewer: Viewer): Promise<Concentrations | null> {
  const variable = viewer.run.variables.find(({ name }) => name === "concentration");
  if (!variable) return null;
  const [, heads, count] = variable.shape;
  const all = floats(await viewer.asking.block("0/variable/concentration"), "concentration");
  const of = (layer: number, head: number) => all.subarray((layer * heads + head) * count, (layer * heads + head + 1) * count);
  return { phones: viewer.run.labels[variable.dims[2]] ?? [], values: viewer.run.heads.map((one) => of(one.layer, one.head)) };
}

/** Heads with their concentration on each phone among their numbers, as `on PHONE`. */
export function withConcentration(rows: Row[], found: Concentrations | null | undefined): Row[] {
  if (!found) return rows;
  const named = (row: Row) => found.phones.map((phone, place) => [`on ${phone}`, found.values[row.index][place]]);
  return rows.map((row) => ({ ...row, values: { ...row.values, ...Object.fromEntries(named(row)) } }));
}
