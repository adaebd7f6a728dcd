// Side by side on one utterance: the same head of two runs (checkpoints, models), or two heads of one run.
import * as Plot from "@observablehq/plot";
import { signal, type Signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { openOther } from "../core/beside";
import { rows, short, spoken } from "../core/heads";
import { Hearing } from "../core/hearing";
import { followOverview, type Overview } from "../core/overview";
import { LETTERS, theme } from "../core/theme";
import { useAnswer } from "../core/use";
import { useViewer, ViewerContext, type Viewer } from "../core/viewer";
import { Choice, Notice, Select } from "../parts/controls";
import { Figure } from "../parts/Figure";
import { HeadPicker } from "../parts/HeadPicker";
import { HeatMap } from "../parts/HeatMap";
import { Labels } from "../parts/strips";
import { TakePixels } from "../parts/TakeAway";

export function Compare({ overview }: { overview: Signal<Overview> }) {
  const viewer = useViewer();
  const others = viewer.catalogue.runs.map((run, number) => ({ run, number })).filter(({ run }) => run.heads.length);
  const { beside } = viewer.state;
  if (!others.some(({ number }) => String(number) === beside.value)) beside.value = String(others[others.length > 1 ? 1 : 0].number);
  const options = others.map(({ run, number }) => [String(number), number ? run.name : `another head of ${run.name}`] as const);
  const same = beside.value === "0";
  return (
    <section class={same ? "compare-room one-run" : "compare-room"} aria-label="Compare">
      <div class="toolbar">
        <Select label="Beside" value={beside} options={options} />
        <Choice label="Colour scale" value={viewer.state.scale} options={["log", "linear", ["row", "by row"]]} />
        <TakePixels name="compared maps" within=".sides" table={() => sides(viewer)} />
        <span class="hint">
          {same ? "choose a head on each side" : "a head that is chosen on one side is chosen on both"}; zoom and query are shared
          {others.length === 1 && " · name a second run to compare checkpoints: otoscope view RUN OTHER"}
        </span>
      </div>
      <Both key={beside.value} number={Number(beside.value)} overview={overview} />
    </section>
  );
}

/** What stands side by side. */
function sides({ catalogue, state, utterance }: Viewer): Record<string, unknown>[] {
  const { layer, head, beside, besideLayer, besideHead } = state;
  const other = beside.value === "0" ? [besideLayer, besideHead] : [layer, head];
  return [[layer, head], other].map(([inLayer, ofHead], side) => ({
    run: catalogue.runs[side ? Number(beside.value) : 0].name,
    utterance: utterance.value.id,
    layer: inLayer.value,
    head: ofHead.value,
  }));
}

function Both({ number, overview }: { number: number; overview: Signal<Overview> }) {
  const viewer = useViewer();
  const other = useMemo(() => openOther(viewer, number), [viewer, number, viewer.state.utterance.value]);
  const otherOverview = useMemo(() => (other ? followOverview(other) : signal<Overview | null>(null)), [other]);
  if (!other)
    return <Notice>{viewer.catalogue.runs[number].name} has not heard {viewer.utterance.value.id}: choose an utterance of both.</Notice>;
  return (
    <>
      <div class="two sides">
        <Side overview={overview} />
        <ViewerContext.Provider value={other}>
          <Side overview={otherOverview as Signal<Overview>} />
        </ViewerContext.Provider>
      </div>
      {number !== viewer.number && <Numbers a={viewer} b={other} />}
    </>
  );
}

function Side({ overview }: { overview: Signal<Overview> }) {
  const viewer = useViewer();
  const hearing = useMemo(() => new Hearing(viewer), [viewer]);
  useEffect(() => hearing.read(), [hearing]);
  const head = viewer.chosenHead.value;
  const { layer, head: number } = viewer.state;
  const lacks = head.layer === layer.value && head.head === number.value ? "" : `this run has no head ${layer.value}.${number.value}; its first is shown`;
  const problem = lacks || hearing.problem.value || hearing.map.value.failed.value || overview.value.problem;
  return (
    <div class="side">
      <h2>
        {viewer.run.name} <span class="hint">{viewer.utterance.value.id}, layer {head.layer}, head {head.head}</span>{" "}
        <span class={`badge ${head.category}`}>{head.category}</span>
      </h2>
      {problem && <Notice>{problem}</Notice>}
      <div class="side-body">
        <HeadPicker overview={overview} />
        <div class="side-map">
          <Labels hearing={hearing} tier="phones" along="keys" />
          <HeatMap hearing={hearing} />
        </div>
      </div>
    </div>
  );
}

function Numbers({ a, b }: { a: Viewer; b: Viewer }) {
  const ours = useAnswer(() => a.asking.block(`${a.number}/heads`), [a]);
  const theirs = useAnswer(() => b.asking.block(`${b.number}/heads`), [b]);
  const { x } = a.state;
  if (!ours.value.value || !theirs.value.value) return null;
  const before = new Map(rows(a.run.heads, ours.value.value).map((row) => [`${row.layer}.${row.head}`, row]));
  const pairs = rows(b.run.heads, theirs.value.value).flatMap((row) => {
    const same = before.get(`${row.layer}.${row.head}`);
    return same ? [{ name: `${row.layer}.${row.head}`, category: same.category, a: same.values[x.value], b: row.values[x.value] }] : [];
  });
  if (!pairs.length) return <Notice>The two runs have no head in common.</Notice>;
  const all = pairs.flatMap((pair) => [pair.a, pair.b]);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const names = Object.keys(ours.value.value.arrays).filter((name) => !/^(layer|head)$|_(low|high)$/.test(name));
  return (
    <div class="pairs">
      <Select label="Number" value={x} options={names} />
      <Figure
        title={`${spoken(x.value)} of each head in both runs`}
        keys={[pairs.length, x.value, a, b]}
        table={() => pairs.map((pair) => ({ ...pair }))}
        options={() => ({
          height: 300,
          marginLeft: 52,
          inset: 8,
          grid: true,
          x: { label: a.run.name },
          y: { label: b.run.name },
          color: { domain: Object.keys(LETTERS), range: Object.keys(LETTERS).map((name) => theme.value.categories[name]), legend: true },
          marks: [
            Plot.link([1], { x1: low, y1: low, x2: high, y2: high, stroke: theme.value.line }),
            Plot.dot(pairs, { x: "a", y: "b", fill: "category", fillOpacity: 0.75, r: 4.5 }),
            Plot.tip(pairs, Plot.pointer({ x: "a", y: "b", title: (pair) => `${pair.name}: ${short(pair.a)} and ${short(pair.b)}` })),
          ],
        })}
      />
    </div>
  );
}
