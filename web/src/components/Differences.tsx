// Differences between two runs or two heads, with their intervals, as `otoscope compare` computes them.
import { useSignal } from "@preact/signals";
import { csv } from "../core/csv";
import { save } from "../core/exportFigure";
import { columnLabel, formatNumber, headId } from "../core/heads";
import { routes } from "../core/routes";
import type { DifferenceRow, DifferenceTable } from "../core/schema";
import { useQuery, type QueryState } from "../hooks/useQuery";
import { useStore } from "../store/viewerStore";
import { Notice, RadioGroup } from "./controls";

type Means = "model" | "layer" | "head";

/** Means over all heads, over those of a layer, or each head of this run and of run `number`. */
export function RunDifferences({ number }: { number: number }) {
  const store = useStore();
  const means = useSignal<Means>("model");
  const query = useQuery(
    () => store.client.json<DifferenceTable>(routes.comparison(store.runIndex, number, means.value)),
    [store, number, means.value],
  );
  return (
    <section class="oto-differences" aria-label="Differences">
      <div class="oto-toolbar">
        <RadioGroup
          label="Values"
          value={means}
          options={[
            ["model", "all heads"],
            ["layer", "layers"],
            ["head", "each head"],
          ]}
        />
        <span class="oto-export-buttons" role="group" aria-label="Save differences">
          <button type="button" title="Save as CSV" onClick={() => save(csv(records(query.value)), "differences.csv")}>
            CSV
          </button>
        </span>
      </div>
      <Table query={query.value} a={store.run.name} b={store.runList.runs[number].name} />
    </section>
  );
}

/** The selected head against the other head of the comparison. */
export function HeadDifferences() {
  const store = useStore();
  const { layer, head, comparisonLayer, comparisonHead } = store.state;
  const query = useQuery(
    () =>
      store.client.json<DifferenceTable>(routes.against(store.runIndex, comparisonLayer.value, comparisonHead.value)),
    [store, comparisonLayer.value, comparisonHead.value],
  );
  const { value, error } = query.value;
  const rows = value?.rows.filter((row) => row.layer === layer.value && row.head === head.value);
  return (
    <section class="oto-differences" aria-label="Differences">
      <Table
        query={{ value: value && { ...value, rows: rows! }, error }}
        a={headId({ layer: layer.value, head: head.value })}
        b={headId({ layer: comparisonLayer.value, head: comparisonHead.value })}
      />
    </section>
  );
}

function Table({ query: { value, error }, a, b }: { query: QueryState<DifferenceTable>; a: string; b: string }) {
  if (!value) return <Notice>{error ?? "Comparing…"}</Notice>;
  return (
    <>
      <p class="oto-hint">{value.lines.join(". ")}.</p>
      <table>
        <thead>
          <tr>
            {["statistic", "of", `a: ${a}`, `b: ${b}`, "a − b", "95 % interval", "corrected p"].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {value.rows.map((row) => (
            <tr key={`${row.statistic} ${place(row)}`}>
              <th scope="row">{columnLabel(row.statistic)}</th>
              <td>{place(row)}</td>
              <td>{number(row.a)}</td>
              <td>{number(row.b)}</td>
              <td>{number(row.difference)}</td>
              <td>{row.low === null ? "too few clusters" : `${number(row.low)} to ${number(row.high)}`}</td>
              <td>{row.p_adjusted !== null && row.p_adjusted < 1e-4 ? "<0.0001" : number(row.p_adjusted)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

const records = ({ value }: QueryState<DifferenceTable>) => (value?.rows ?? []).map((row) => ({ ...row }));

const number = (value: number | null): string => formatNumber(value ?? NaN);

function place({ layer, head }: DifferenceRow): string {
  if (layer === null) return "all heads";
  return head === null ? `layer ${layer}` : headId({ layer, head });
}
