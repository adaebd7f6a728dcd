// What is known of a head: its category, its numbers with their intervals, where its diagonal lies.
import * as Plot from "@observablehq/plot";
import type { ComponentChildren } from "preact";
import { floats, type Block } from "../core/block";
import type { Hearing } from "../core/hearing";
import { short, spoken } from "../core/heads";
import { theme } from "../core/theme";
import { useAnswer } from "../core/use";
import { useViewer } from "../core/viewer";
import { Figure } from "../parts/Figure";
import { Operations } from "../parts/Operations";
import { categoryColour } from "../parts/strips";

const WIDEST = 40; // frames to each side of the offset profile

interface Props {
  portrait?: ComponentChildren;
  children?: ComponentChildren;
}

export function HeadFacts({ portrait, children }: Props) {
  const viewer = useViewer();
  const head = viewer.chosenHead.value;
  const table = useAnswer(() => viewer.asking.block("0/heads"), []);
  return (
    <aside class="facts" aria-label="This head">
      <h2>
        Layer {head.layer}, head {head.head} <span class={`badge ${head.category}`}>{head.category}</span>
      </h2>
      {portrait}
      {table.value.value && <Numbers table={table.value.value} />}
      <Profile />
      {children}
      {head.operations.length > 0 && (
        <>
          <h3>Operations</h3>
          <Operations names={head.operations} />
        </>
      )}
    </aside>
  );
}

function Numbers({ table }: { table: Block }) {
  const viewer = useViewer();
  const at = viewer.run.heads.indexOf(viewer.chosenHead.value);
  const of = (name: string) => table.arrays[name]?.values[at] as number | undefined;
  const names = Object.keys(table.arrays).filter((name) => !/^(layer|head)$|_(low|high)$/.test(name));
  return (
    <table class="numbers">
      <tbody>
        {names.map((name) => (
          <tr key={name} title={viewer.run.variables.find((variable) => variable.name === name)?.doc}>
            <th scope="row">{spoken(name)}</th>
            <td>{name === "category_agreement" ? `${Math.round(100 * (of(name) ?? NaN))} %` : short(of(name) ?? NaN)}</td>
            <td class="interval">{between(of(`${name}_low`), of(`${name}_high`))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function between(low: number | undefined, high: number | undefined): string {
  return low === undefined || high === undefined || Number.isNaN(low) ? "" : `${short(low)} to ${short(high)}`;
}

function Profile() {
  const viewer = useViewer();
  const variable = viewer.run.variables.find(({ name }) => name === "offset_profile");
  const profile = useAnswer(() => viewer.asking.block("0/variable/offset_profile"), []);
  if (!variable || !profile.value.value) return null;
  const { layer, head } = viewer.chosenHead.value;
  const [, heads, count] = variable.shape;
  const offsets = viewer.run.labels.offset.map(Number);
  const row = floats(profile.value.value, "offset_profile").subarray((layer * heads + head) * count, (layer * heads + head + 1) * count);
  const period = viewer.run.frame_period * 1000;
  const points = offsets.map((offset, i) => ({ offset_ms: offset * period, attention: row[i] })).filter(
    ({ offset_ms }) => Math.abs(offset_ms) <= WIDEST * period,
  );
  const colour = categoryColour(viewer);
  return (
    <Figure
      title="Attention by offset"
      keys={[viewer.chosenHead.value, profile.value.value]}
      table={() => points}
      options={() => ({
        height: 132,
        marginLeft: 44,
        marginBottom: 32,
        x: { label: "key − query (ms)", ticks: 5 },
        y: { label: null, ticks: 3, grid: true },
        marks: [
          Plot.ruleX([0], { stroke: theme.value.quiet, strokeDasharray: "2,3" }),
          Plot.areaY(points, { x: "offset_ms", y: "attention", fill: colour, fillOpacity: 0.2 }),
          Plot.lineY(points, { x: "offset_ms", y: "attention", stroke: colour, strokeWidth: 1.5 }),
        ],
      })}
    />
  );
}

/** Phones of the utterance: choose one to see and hear what its frames attend to. */
export function Phones({ hearing }: { hearing: Hearing }) {
  const { phone, query } = hearing.viewer.state;
  const symbols = [...new Map(hearing.detail.value.phones.map((span) => [span.label, span.group])).entries()];
  if (!hearing.known.value) return null;
  if (!symbols.length) return <p class="hint">This utterance has no phone labels here.</p>;
  const choose = (symbol: string) => {
    query.value = null;
    phone.value = phone.value === symbol ? "" : symbol;
  };
  return (
    <div class="phones" role="group" aria-label="Phones of this utterance">
      <h3>Queries by phone</h3>
      {symbols.map(([symbol, group]) => (
        <button type="button" key={symbol} aria-pressed={phone.value === symbol} title={group} onClick={() => choose(symbol)}>
          {symbol}
        </button>
      ))}
    </div>
  );
}
