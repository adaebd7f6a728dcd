// The phones that a head attends to: relation map, concentration and named operations.
import { routes } from "../core/routes";
import * as Plot from "@observablehq/plot";
import type { Signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { floats } from "../core/arrayFormat";
import { UtterancePlayer } from "../store/player";
import { formatNumber } from "../core/heads";
import type { Thumbnails } from "../store/thumbnails";
import type { Span } from "../core/schema";
import { theme } from "../store/theme";
import { useQuery } from "../hooks/useQuery";
import { useStore, type ViewerStore } from "../store/viewerStore";
import { Notice } from "../components/controls";
import { Figure, type DrawnPlot, type Options } from "../components/Figure";
import { HeadPicker } from "../components/HeadPicker";
import { Legend } from "../components/Legend";
import { Operations } from "../components/Operations";
import { hasRelations } from "../core/concentration";

const MOST = 4; // times uniform attention at which the colour is strongest
const LEAST = 0; // what is never attended to
const CELL = 11; // pixels that a phone's name needs at least
const EXAMPLES = 4;

export function Relations({ thumbnails }: { thumbnails: Signal<Thumbnails> }) {
  const store = useStore();
  if (!hasRelations(store))
    return (
      <Notice>
        This run has no relation maps. Analyze a corpus with phone labels (TextGrids next to the audio, TIMIT, Kaldi or
        Lhotse alignments) to see which phones each head prefers.
      </Notice>
    );
  return <WithRelations thumbnails={thumbnails} />;
}

function WithRelations({ thumbnails }: { thumbnails: Signal<Thumbnails> }) {
  const store = useStore();
  const player = useMemo(() => new UtterancePlayer(store), [store]);
  const wave = useRef<HTMLDivElement>(null);
  useEffect(() => player.attach(wave.current!), [player]);
  const head = store.selectedHead.value;
  const preference = useQuery(() => ofHead(store, "preference"), [head]);
  const concentration = useQuery(() => ofHead(store, "concentration"), [head]);
  const phones = store.run.labels.key_phone ?? [];
  return (
    <section class="oto-relations-view" aria-label="Relations">
      <div class="oto-column">
        <HeadPicker thumbnails={thumbnails} />
        <Legend />
      </div>
      <div class="oto-map-side">
        <h2>
          Layer {head.layer}, head {head.head} <span class={`oto-badge oto-${head.category}`}>{head.category}</span>
        </h2>
        {preference.value.value && <Preference values={preference.value.value} phones={phones} player={player} />}
        <p class="oto-hint">
          Colour says how much more (or less) than uniform attention; white is as much; grey: never together in this
          corpus. Click a cell to play examples from this utterance.
        </p>
        <div class="oto-wave">
          <div ref={wave} class={player.audio.ready.value ? "oto-wave-in" : "oto-wave-in oto-not-ready"} />
        </div>
        {(player.error.value || thumbnails.value.error) && (
          <Notice>{player.error.value || thumbnails.value.error}</Notice>
        )}
      </div>
      <aside class="oto-facts">
        <h3>Operations</h3>
        <Operations names={head.operations} />
        {concentration.value.value && <Concentration values={concentration.value.value} phones={phones} />}
      </aside>
    </section>
  );
}

async function ofHead(store: ViewerStore, name: string): Promise<Float32Array> {
  const { layer, head } = store.selectedHead.peek();
  const { shape } = store.run.variables.find((variable) => variable.name === name)!;
  const size = shape.slice(2).reduce((product, length) => product * length, 1);
  const all = floats(await store.client.arrays(routes.variable(0, name)), name);
  return all.subarray((layer * shape[1] + head) * size, (layer * shape[1] + head + 1) * size);
}

interface Cell {
  query: string;
  key: string;
  times_uniform: number;
}

function Preference({ values, phones, player }: { values: Float32Array; phones: string[]; player: UtterancePlayer }) {
  const cells: Cell[] = phones.flatMap((query, m) =>
    phones.map((key, n) => ({ query, key, times_uniform: 1 + values[m * phones.length + n] })),
  );
  const { below, surface, above, line } = theme.value;
  return (
    <Figure
      title="Preference of query phones for key phones"
      keys={[values]}
      table={() => cells.map((cell) => ({ ...cell }))}
      after={(plot) => playOnClick(plot, player)}
      options={(width) => ({
        ...upper(width, phones),
        height: Math.max(CELL * phones.length + 60, Math.min(width, window.innerHeight - 280)),
        marginLeft: 44,
        padding: 0.04,
        y: { domain: phones, label: "attends (query)", tickSize: 0, round: false },
        color: {
          type: "diverging",
          domain: [LEAST, MOST],
          pivot: 1,
          symmetric: false,
          clamp: true,
          range: [below, surface, above],
          interpolate: "rgb",
          legend: true,
          label: "times uniform attention",
          ...{ marginLeft: 10, marginRight: 10 }, // of the legend: half of its first and last number is outside
        },
        marks: [
          Plot.cell(
            cells.filter((cell) => !Number.isFinite(cell.times_uniform)),
            { x: "key", y: "query", fill: line },
          ),
          Plot.cell(
            cells.filter((cell) => Number.isFinite(cell.times_uniform)),
            { x: "key", y: "query", fill: "times_uniform" },
          ),
          Plot.tip(cells, Plot.pointer({ x: "key", y: "query", title: describeCell })),
        ],
      })}
    />
  );
}

/** The axis of keys along the upper edge; names are rotated where they do not fit. */
function upper(width: number, phones: string[]): Pick<Options, "marginTop" | "x"> {
  const fits = width >= 2 * CELL * phones.length;
  const axis = { domain: phones, axis: "top", label: "attended to (key)", tickSize: 0, round: false } as const;
  return { marginTop: fits ? 34 : 48, x: { ...axis, tickRotate: fits ? 0 : -90, labelOffset: fits ? 30 : 44 } };
}

function describeCell({ query, key, times_uniform }: Cell): string {
  if (!Number.isFinite(times_uniform)) return `${query} → ${key}: never together in this corpus`;
  return `${query} → ${key}: ${formatNumber(times_uniform)} times uniform attention`;
}

/** Play examples of the cell under the pointer. The click does not reach Plot, which would lock its tooltip. */
function playOnClick(plot: DrawnPlot, player: UtterancePlayer): void {
  plot.classList.add("oto-clickable");
  plot.addEventListener("pointerdown", (event) => event.stopPropagation(), { capture: true });
  plot.addEventListener("click", () => {
    const cell = plot.value as Cell | null;
    if (cell) void examples(player, cell);
  });
}

/** Play some query phones of the utterance, each with the key phone that it attends to most. */
async function examples(player: UtterancePlayer, { query, key }: Cell): Promise<void> {
  const same = (symbol: string) => (span: Span) => span.folded === symbol;
  const queries = player.labels.detail.value.phones.filter(same(query)).slice(0, EXAMPLES);
  const keys = player.labels.detail.value.phones.filter(same(key));
  if (!queries.length || !keys.length) {
    player.error.value = `this utterance has no ${queries.length ? key : query}; select another utterance to play examples`;
    return;
  }
  player.error.value = "";
  await player.playPairs(queries, keys);
}

function Concentration({ values, phones }: { values: Float32Array; phones: string[] }) {
  const bars = phones.map((phone, index) => ({ phone, times_uniform: 1 + values[index] }));
  const { below, above } = theme.value;
  return (
    <Figure
      title="Concentration on each phone"
      keys={[values]}
      table={() => bars}
      options={() => ({
        height: 40 + 13 * phones.length,
        marginLeft: 34,
        x: { label: "times uniform attention", grid: true, ticks: 4 },
        y: { domain: phones, label: null, tickSize: 0 },
        marks: [
          Plot.barX(bars, {
            x1: 1,
            x2: "times_uniform",
            y: "phone",
            fill: ({ times_uniform }) => (times_uniform < 1 ? below : above),
          }),
          Plot.ruleX([1]),
        ],
      })}
    />
  );
}
