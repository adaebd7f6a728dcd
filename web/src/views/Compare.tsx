// Two maps of one utterance: the same head in two runs (checkpoints, models), or two heads of one run.
import { routes } from "../core/routes";
import * as Plot from "@observablehq/plot";
import { signal, type Signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { openComparison } from "../store/comparison";
import { rows, formatNumber, columnLabel } from "../core/heads";
import { UtterancePlayer } from "../store/player";
import { followThumbnails, type Thumbnails } from "../store/thumbnails";
import { LETTERS, theme } from "../store/theme";
import { useQuery } from "../hooks/useQuery";
import { useStore, StoreContext, type ViewerStore } from "../store/viewerStore";
import { visible } from "../core/plainText";
import { RadioGroup, Notice, Select } from "../components/controls";
import { HeadDifferences, RunDifferences } from "../components/Differences";
import { Figure } from "../components/Figure";
import { HeadPicker } from "../components/HeadPicker";
import { HeatMap } from "../components/HeatMap";
import { Legend } from "../components/Legend";
import { Labels } from "../components/Tracks";
import { ExportElementMenu } from "../components/ExportMenu";

export function Compare({ thumbnails }: { thumbnails: Signal<Thumbnails> }) {
  const store = useStore();
  const others = store.runList.runs.map((run, number) => ({ run, number })).filter(({ run }) => run.heads.length);
  const { comparison } = store.state;
  if (!others.some(({ number }) => String(number) === comparison.value))
    comparison.value = String(others[others.length > 1 ? 1 : 0].number);
  const options = others.map(
    ({ run, number }) => [String(number), number ? run.name : `another head of ${run.name}`] as const,
  );
  const same = comparison.value === "0";
  return (
    <section class={same ? "oto-compare-view oto-one-run" : "oto-compare-view"} aria-label="Compare">
      <div class="oto-toolbar">
        <Select label="Compare with" value={comparison} options={options} />
        <RadioGroup label="Colour scale" value={store.state.scale} options={["log", "linear", ["row", "by row"]]} />
        <ExportElementMenu
          about={{
            title: `Compared attention on ${visible(store.utterance.value.id)}`,
            axes: "in each map, queries run downward and keys across",
            colours: { scale: store.state.scale.value, categories: Object.keys(LETTERS) },
          }}
          within=".oto-sides"
          table={() => sides(store)}
        />
        <span class="oto-hint">
          {same ? "select a head on each side" : "both sides show the same head"}; zoom and query are shared
          {others.length === 1 && " · name a second run to compare checkpoints: otoscope view RUN OTHER"}
        </span>
      </div>
      <BothSides key={comparison.value} number={Number(comparison.value)} thumbnails={thumbnails} />
    </section>
  );
}

/** Run, utterance and head of both sides, as rows of a table. */
function sides({ runList, state, utterance }: ViewerStore): Record<string, unknown>[] {
  const { layer, head, comparison, comparisonLayer, comparisonHead } = state;
  const other = comparison.value === "0" ? [comparisonLayer, comparisonHead] : [layer, head];
  return [[layer, head], other].map(([inLayer, ofHead], side) => ({
    run: runList.runs[side ? Number(comparison.value) : 0].name,
    utterance: utterance.value.id,
    layer: inLayer.value,
    head: ofHead.value,
  }));
}

function BothSides({ number, thumbnails }: { number: number; thumbnails: Signal<Thumbnails> }) {
  const store = useStore();
  const other = useMemo(() => openComparison(store, number), [store, number, store.state.utterance.value]);
  const otherOverview = useMemo(() => (other ? followThumbnails(other) : signal<Thumbnails | null>(null)), [other]);
  if (!other)
    return (
      <Notice>
        {store.runList.runs[number].name} does not contain {store.utteranceName.value}: choose an utterance of both.
      </Notice>
    );
  return (
    <>
      <div class="oto-two oto-sides">
        <Side thumbnails={thumbnails} />
        <StoreContext.Provider value={other}>
          <Side thumbnails={otherOverview as Signal<Thumbnails>} />
        </StoreContext.Provider>
      </div>
      {number === store.runIndex ? <HeadDifferences /> : <RunDifferences number={number} />}
      {number !== store.runIndex && <Numbers a={store} b={other} />}
    </>
  );
}

function Side({ thumbnails }: { thumbnails: Signal<Thumbnails> }) {
  const store = useStore();
  const player = useMemo(() => new UtterancePlayer(store), [store]);
  useEffect(() => {
    const stop = player.labels.follow();
    return () => {
      stop();
      player.release();
    };
  }, [player]);
  const head = store.selectedHead.value;
  const { layer, head: number } = store.state;
  const lacks =
    head.layer === layer.value && head.head === number.value
      ? ""
      : `this run has no head ${layer.value}.${number.value}; its first is shown`;
  const error = lacks || player.error.value || player.map.value.error.value || thumbnails.value.error;
  return (
    <div class="oto-side">
      <h2>
        {store.run.name}{" "}
        <span class="oto-hint">
          {store.utteranceName.value}, layer {head.layer}, head {head.head}
        </span>{" "}
        <span class={`oto-badge oto-${head.category}`}>{head.category}</span>
      </h2>
      {error && <Notice>{error}</Notice>}
      <div class="oto-side-body">
        <div class="oto-column">
          <HeadPicker thumbnails={thumbnails} />
          <Legend scale={store.state.scale.value} categories={[head.category]} />
        </div>
        <div class="oto-side-map">
          <Labels player={player} tier="phones" along="keys" />
          <HeatMap player={player} />
          <span class="oto-axis-title">key: the moment that is attended to → (query: downward)</span>
        </div>
      </div>
    </div>
  );
}

function Numbers({ a, b }: { a: ViewerStore; b: ViewerStore }) {
  const firstTable = useQuery(() => a.client.arrays(routes.heads(a.runIndex)), [a]);
  const secondTable = useQuery(() => b.client.arrays(routes.heads(b.runIndex)), [b]);
  const { x } = a.state;
  if (!firstTable.value.value || !secondTable.value.value) return null;
  const before = new Map(rows(a.run.heads, firstTable.value.value).map((row) => [`${row.layer}.${row.head}`, row]));
  const pairs = rows(b.run.heads, secondTable.value.value).flatMap((row) => {
    const same = before.get(`${row.layer}.${row.head}`);
    return same
      ? [{ name: `${row.layer}.${row.head}`, category: same.category, a: same.values[x.value], b: row.values[x.value] }]
      : [];
  });
  if (!pairs.length) return <Notice>The two runs have no head in common.</Notice>;
  const all = pairs.flatMap((pair) => [pair.a, pair.b]);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const names = Object.keys(firstTable.value.value.arrays).filter((name) => !/^(layer|head)$|_(low|high)$/.test(name));
  return (
    <div class="oto-pairs">
      <Select label="Number" value={x} options={names} />
      <Figure
        title={`${columnLabel(x.value)} of each head in both runs`}
        keys={[pairs.length, x.value, a, b]}
        table={() => pairs.map((pair) => ({ ...pair }))}
        options={() => ({
          height: 300,
          marginLeft: 52,
          inset: 8,
          grid: true,
          x: { label: a.run.name },
          y: { label: b.run.name },
          color: {
            domain: Object.keys(LETTERS),
            range: Object.keys(LETTERS).map((name) => theme.value.categories[name]),
            legend: true,
          },
          marks: [
            Plot.link([1], { x1: low, y1: low, x2: high, y2: high, stroke: theme.value.line }),
            Plot.dot(pairs, { x: "a", y: "b", fill: "category", fillOpacity: 0.75, r: 4.5 }),
            Plot.tip(
              pairs,
              Plot.pointer({
                x: "a",
                y: "b",
                title: (pair) => `${pair.name}: ${formatNumber(pair.a)} and ${formatNumber(pair.b)}`,
              }),
            ),
          ],
        })}
      />
    </div>
  );
}
