// Differences between two runs or two heads, with their intervals, as `otoscope compare` computes them.
import { useSignal } from "@preact/signals";
import { columnLabel, formatNumber, headId } from "../core/heads";
import { routes } from "../core/routes";
import type { DifferenceRow, DifferenceTable } from "../core/schema";
import { useQuery, type QueryState } from "../hooks/useQuery";
import { useStore } from "../store/viewerStore";
import { Notice, RadioGroup } from "./controls";
import { CsvButton } from "./ExportMenu";

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
    <section class="oto-differences" aria-label="Differences" tabIndex={0}>
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
        <CsvButton name="differences" table={() => (query.value.value?.rows ?? []).map((row) => ({ ...row }))} />
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
  return (
    <section class="oto-differences" aria-label="Differences" tabIndex={0}>
      <Table
        query={query.value}
        isShown={(row) => row.layer === layer.value && row.head === head.value}
        note="The rows are those of the selected head; the others are of the other heads"
        a={headId({ layer: layer.value, head: head.value })}
        b={headId({ layer: comparisonLayer.value, head: comparisonHead.value })}
      />
    </section>
  );
}

interface TableProps {
  query: QueryState<DifferenceTable>;
  a: string;
  b: string;
  note?: string;
  isShown?: (row: DifferenceRow) => boolean;
}

function Table({ query: { value, error }, a, b, note = "", isShown = () => true }: TableProps) {
  if (!value) return <Notice>{error ?? "Comparing…"}</Notice>;
  return (
    <>
      <p class="oto-hint">{[...value.lines, note].filter(Boolean).join(". ")}.</p>
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
          {value.rows.filter(isShown).map((row) => (
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

const number = (value: number | null): string => formatNumber(value ?? NaN);

function place({ layer, head }: DifferenceRow): string {
  if (layer === null) return "all heads";
  return head === null ? `layer ${layer}` : headId({ layer, head });
}
