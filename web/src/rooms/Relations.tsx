// What phones a head's queries attend to: the relation map by class, concentration, named operations; click to hear.
import * as Plot from "@observablehq/plot";
import type { Signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { floats } from "../core/block";
import { Hearing } from "../core/hearing";
import { short } from "../core/heads";
import type { Overview } from "../core/overview";
import type { Span } from "../core/schema";
import { theme } from "../core/theme";
import { useAnswer } from "../core/use";
import { useViewer, type Viewer } from "../core/viewer";
import { Notice } from "../parts/controls";
import { Figure, type Drawn, type Options } from "../parts/Figure";
import { HeadPicker } from "../parts/HeadPicker";
import { Operations } from "../parts/Operations";
import { hasRelations } from "./concentration";

const MOST = 3; // preference at which the colour is strongest: four times as much as uniform attention
const LEAST = -1; // preference of what is never attended to
const CELL = 11; // pixels that a phone's name needs at least
const EXAMPLES = 4;

export function Relations({ overview }: { overview: Signal<Overview> }) {
  const viewer = useViewer();
  if (!hasRelations(viewer))
    return (
      <Notice>
        This run has no relation maps: they come from a corpus with phone labels. Analyze one (audio beside TextGrids, TIMIT,
        Kaldi or Lhotse alignments) to see which phones each head prefers.
      </Notice>
    );
  return <WithRelations overview={overview} />;
}

function WithRelations({ overview }: { overview: Signal<Overview> }) {
  const viewer = useViewer();
  const hearing = useMemo(() => new Hearing(viewer), [viewer]);
  const wave = useRef<HTMLDivElement>(null);
  useEffect(() => hearing.attach(wave.current!), [hearing]);
  const head = viewer.chosenHead.value;
  const preference = useAnswer(() => ofHead(viewer, "preference"), [head]);
  const concentration = useAnswer(() => ofHead(viewer, "concentration"), [head]);
  const phones = viewer.run.labels.key_phone ?? [];
  return (
    <section class="relations-room" aria-label="Relations">
      <HeadPicker overview={overview} />
      <div class="map-side">
        <h2>
          Layer {head.layer}, head {head.head} <span class={`badge ${head.category}`}>{head.category}</span>
        </h2>
        {preference.value.value && <Preference values={preference.value.value} phones={phones} hearing={hearing} />}
        <p class="hint">
          Colour says how much more (or less) than uniform attention; grey: never together in this corpus. Click a cell to hear
          examples from this utterance.
        </p>
        <div class="wave">
          <div ref={wave} class={hearing.heard.value ? "wave-in" : "wave-in unheard"} />
        </div>
        {(hearing.problem.value || overview.value.problem) && <Notice>{hearing.problem.value || overview.value.problem}</Notice>}
      </div>
      <aside class="facts">
        <h3>Operations</h3>
        <Operations names={head.operations} />
        {concentration.value.value && <Concentration values={concentration.value.value} phones={phones} />}
      </aside>
    </section>
  );
}

async function ofHead(viewer: Viewer, name: string): Promise<Float32Array> {
  const { layer, head } = viewer.chosenHead.peek();
  const { shape } = viewer.run.variables.find((variable) => variable.name === name)!;
  const size = shape.slice(2).reduce((product, length) => product * length, 1);
  const all = floats(await viewer.asking.block(`0/variable/${name}`), name);
  return all.subarray((layer * shape[1] + head) * size, (layer * shape[1] + head + 1) * size);
}

interface Cell {
  query: string;
  key: string;
  preference: number;
}

function Preference({ values, phones, hearing }: { values: Float32Array; phones: string[]; hearing: Hearing }) {
  const cells: Cell[] = phones.flatMap((query, m) =>
    phones.map((key, n) => ({ query, key, preference: values[m * phones.length + n] })),
  );
  const { below, surface, above, line } = theme.value;
  return (
    <Figure
      title="Preference of query phones for key phones"
      keys={[values]}
      table={() => cells.map((cell) => ({ ...cell }))}
      after={(plot) => playOnClick(plot, hearing)}
      options={(width) => ({
        ...upper(width, phones),
        height: Math.max(CELL * phones.length + 60, Math.min(width, window.innerHeight - 280)),
        marginLeft: 44,
        padding: 0.04,
        y: { domain: phones, label: "attends (query)", tickSize: 0, round: false },
        color: {
          type: "diverging",
          domain: [LEAST, MOST],
          pivot: 0,
          symmetric: false,
          clamp: true,
          range: [below, surface, above],
          interpolate: "rgb",
          legend: true,
          label: "preference (0: as uniform attention)",
          ...{ marginLeft: 10, marginRight: 10 }, // of the legend: its first and last number stand half outside
        },
        marks: [
          Plot.cell(cells.filter((cell) => !Number.isFinite(cell.preference)), { x: "key", y: "query", fill: line }),
          Plot.cell(cells.filter((cell) => Number.isFinite(cell.preference)), { x: "key", y: "query", fill: "preference" }),
          Plot.tip(cells, Plot.pointer({ x: "key", y: "query", title: told })),
        ],
      })}
    />
  );
}

/** The names of keys along the upper edge, upright where they fit. */
function upper(width: number, phones: string[]): Pick<Options, "marginTop" | "x"> {
  const fits = width >= 2 * CELL * phones.length;
  const axis = { domain: phones, axis: "top", label: "attended to (key)", tickSize: 0, round: false } as const;
  return { marginTop: fits ? 34 : 48, x: { ...axis, tickRotate: fits ? 0 : -90, labelOffset: fits ? 30 : 44 } };
}

function told({ query, key, preference }: Cell): string {
  if (!Number.isFinite(preference)) return `${query} → ${key}: never together in this corpus`;
  return `${query} → ${key}: ${short(1 + preference)} times uniform attention`;
}

/** A click plays the cell under the pointer; Plot does not come to know of it, since it would then hold on to that cell. */
function playOnClick(plot: Drawn, hearing: Hearing): void {
  plot.classList.add("clickable");
  plot.addEventListener("pointerdown", (event) => event.stopPropagation(), { capture: true });
  plot.addEventListener("click", () => {
    const cell = plot.value as Cell | null;
    if (cell) void examples(hearing, cell);
  });
}

/** Each query phone of the utterance, then the stretch of the key phone that it attends to most. */
async function examples(hearing: Hearing, { query, key }: Cell): Promise<void> {
  const same = (symbol: string) => (span: Span) => span.folded === symbol;
  const queries = hearing.detail.value.phones.filter(same(query)).slice(0, EXAMPLES);
  const keys = hearing.detail.value.phones.filter(same(key));
  if (!queries.length || !keys.length) {
    hearing.problem.value = `this utterance has no ${queries.length ? key : query}; choose another to hear this relation`;
    return;
  }
  hearing.problem.value = "";
  await hearing.playPairs(queries, keys);
}

function Concentration({ values, phones }: { values: Float32Array; phones: string[] }) {
  const bars = phones.map((phone, place) => ({ phone, concentration: values[place] }));
  const { below, above } = theme.value;
  return (
    <Figure
      title="Concentration on each phone"
      keys={[values]}
      table={() => bars}
      options={() => ({
        height: 40 + 13 * phones.length,
        marginLeft: 34,
        x: { label: "concentration", grid: true, ticks: 4 },
        y: { domain: phones, label: null, tickSize: 0 },
        marks: [
          Plot.barX(bars, { x: "concentration", y: "phone", fill: ({ concentration }) => (concentration < 0 ? below : above) }),
          Plot.ruleX([0]),
        ],
      })}
    />
  );
}
