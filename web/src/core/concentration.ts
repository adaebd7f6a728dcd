// How much a head attends to each phone, where the run has relation maps.
import { routes } from "./routes";
import { floats } from "./arrayFormat";
import type { Row } from "./heads";
import type { ViewerStore } from "../store/viewerStore";

export interface Concentrations {
  phones: string[];
  /** Concentration [head of the run's list][phone]. */
  values: Float32Array[];
}

export const hasRelations = (store: ViewerStore): boolean =>
  store.run.variables.some(({ name }) => name === "concentration");

export async function concentrations(store: ViewerStore): Promise<Concentrations | null> {
  const variable = store.run.variables.find(({ name }) => name === "concentration");
  if (!variable) return null;
  const [, heads, count] = variable.shape;
  const all = floats(await store.client.arrays(routes.variable(0, "concentration")), "concentration");
  const rowOf = (layer: number, head: number) =>
    all.subarray((layer * heads + head) * count, (layer * heads + head + 1) * count);
  return {
    phones: store.run.labels[variable.dims[2]] ?? [],
    values: store.run.heads.map(({ layer, head }) => rowOf(layer, head)),
  };
}

/** Add the concentration on each phone to the values of each head, as `on PHONE`. */
export function withConcentration(rows: Row[], concentrations: Concentrations | null | undefined): Row[] {
  if (!concentrations) return rows;
  const named = (row: Row) =>
    concentrations.phones.map((phone, index) => [`on ${phone}`, concentrations.values[row.index][index]]);
  return rows.map((row) => ({ ...row, values: { ...row.values, ...Object.fromEntries(named(row)) } }));
}
