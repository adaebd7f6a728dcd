// The score of a probe as heads are removed by a ranking or the attention span shrinks, with 95 % intervals.
import { routes } from "../core/routes";
import * as Plot from "@observablehq/plot";
import { floats } from "../core/arrayFormat";
import { restrictTo } from "../store/derivedSignal";
import { useQuery } from "../hooks/useQuery";
import { useStore, type ViewerStore } from "../store/viewerStore";
import { RadioGroup, Notice, Select } from "./controls";
import { Figure } from "./Figure";
import { PALETTE, rankingColours } from "../core/palette";

interface Point {
  line: string;
  step: number;
  score: number;
  low: number;
  high: number;
}

export function ProbeCurves({ number }: { number: number }) {
  const store = useStore();
  const { labels } = store.runList.runs[number];
  const probe = restrictTo(store.state.probe, labels.probe);
  const direction = restrictTo(store.state.direction, labels.direction);
  const place = labels.probe.indexOf(probe.value);
  const directions = labels.direction.map((name) => [name, name.replaceAll("_", " ")] as const);
  const heads = useQuery(
    () => headCurves(store, number, place, labels.direction.indexOf(direction.value)),
    [place, direction.value],
  );
  const scores = useQuery(() => scoreLabels(store, number), [number]);
  const scoreLabel = scores.value.value?.[place] ?? "score";
  const spans = useQuery(() => spanCurves(store, number, place), [place]);
  return (
    <div class="oto-curves">
      <div class="oto-toolbar">
        <Select label="Probe" value={probe} options={labels.probe} />
        <RadioGroup label="Order of removal" value={direction} options={directions} />
        <span class="oto-hint">
          What a probe reads from hidden states as heads are removed in the order of each ranking, with 95 % intervals.
          {probe.value === "hidden-error" && " hidden-error: how far the states move, relative to their length."}
        </span>
      </div>
      {heads.value.error && <Notice>{heads.value.error}</Notice>}
      {heads.value.value && (
        <Lines
          title={`${probe.value}: heads removed`}
          across="heads removed"
          up={scoreLabel}
          points={heads.value.value.points}
          colours={rankingColours(labels.ranking, heads.value.value.areControls)}
        />
      )}
      {spans.value.value?.length ? (
        <Lines title={`${probe.value}: span`} across="span (frames)" up={scoreLabel} points={spans.value.value} />
      ) : null}
    </div>
  );
}

/** The meaning of the scores of each probe, in the order of the run's probes. */
async function scoreLabels(store: ViewerStore, number: number): Promise<string[]> {
  const [isHigherBetter] = await arrays(store, number, ["higher_is_better"]);
  return Array.from(isHigherBetter, (flag) => (flag ? "score (higher is better)" : "error (lower is better)"));
}

interface LinesProps {
  title: string;
  across: string;
  up: string;
  points: Point[];
  colours?: string[];
}

function Lines({ title, across, up, points, colours = PALETTE() }: LinesProps) {
  const lines = [...new Set(points.map(({ line }) => line))];
  return (
    <Figure
      title={title}
      keys={[points, up]}
      table={() => points.map((point) => ({ ...point }))}
      options={() => ({
        height: 250,
        marginLeft: 48,
        x: { label: across },
        y: { label: up, grid: true },
        color: { domain: lines, range: colours, legend: true },
        marks: [
          Plot.areaY(points, { x: "step", y1: "low", y2: "high", fill: "line", fillOpacity: 0.13 }),
          Plot.lineY(points, { x: "step", y: "score", stroke: "line", strokeWidth: 1.6 }),
          Plot.dot(points, { x: "step", y: "score", fill: "line", r: 2.2 }),
          Plot.tip(
            points,
            Plot.pointer({
              x: "step",
              y: "score",
              title: ({ line, step, score }) => `${line}, ${step}: ${score.toFixed(3)}`,
            }),
          ),
        ],
      })}
    />
  );
}

async function headCurves(store: ViewerStore, number: number, probe: number, direction: number) {
  const { labels } = store.runList.runs[number];
  const names = ["score", "score_interval", "removed", "is_control"];
  const [score, ends, removed, isControl] = await arrays(store, number, names);
  const [, rankings, directions, steps] = shapeOf(store, number, "score");
  const points: Point[] = [];
  for (let ranking = 0; ranking < rankings; ranking++)
    for (let step = 0; step < steps; step++) {
      const index = ((probe * rankings + ranking) * directions + direction) * steps + step;
      points.push({
        line: labels.ranking[ranking],
        step: removed[step],
        score: score[index],
        low: ends[2 * index],
        high: ends[2 * index + 1],
      });
    }
  return { points, areControls: Array.from(isControl, Boolean) };
}

async function spanCurves(store: ViewerStore, number: number, probe: number): Promise<Point[]> {
  const { labels, variables } = store.runList.runs[number];
  if (!variables.some(({ name }) => name === "span_score")) return [];
  const [score, ends] = await arrays(store, number, ["span_score", "span_score_interval"]);
  const [, normalisations, radii] = shapeOf(store, number, "span_score");
  const points: Point[] = [];
  for (let rows = 0; rows < normalisations; rows++)
    for (let radius = 0; radius < radii; radius++) {
      const index = (probe * normalisations + rows) * radii + radius;
      const frames = Number(labels.radius[radius]);
      if (Number.isFinite(frames))
        points.push({
          line: `rows ${labels.rows[rows]}`,
          step: frames,
          score: score[index],
          low: ends[2 * index],
          high: ends[2 * index + 1],
        });
    }
  return points.sort((a, b) => a.step - b.step);
}

const shapeOf = (store: ViewerStore, number: number, name: string): number[] =>
  store.runList.runs[number].variables.find((variable) => variable.name === name)!.shape;

async function arrays(store: ViewerStore, number: number, names: string[]): Promise<Float32Array[]> {
  const blocks = await Promise.all(names.map((name) => store.client.arrays(routes.variable(number, name))));
  return blocks.map((block, i) => floats(block, names[i]));
}
