// A training: a slider over its steps, the maps and categories of all heads at the step, and curves over the steps.
import * as Plot from "@observablehq/plot";
import { useRef } from "preact/hooks";
import type { ArrayBlock } from "../core/arrayFormat";
import { FormationRun, type StepHead } from "../core/formation";
import { columnLabel } from "../core/heads";
import { shapeColour } from "../core/palette";
import { routes } from "../core/routes";
import type { RunInfo } from "../core/schema";
import { restrictTo } from "../store/derivedSignal";
import { LETTERS, theme } from "../store/theme";
import { useQuery } from "../hooks/useQuery";
import { useStore } from "../store/viewerStore";
import { Notice, Notices, Select } from "./controls";
import { Figure } from "./Figure";
import { Legend } from "./Legend";
import { Thumbnail, type ThumbnailImage } from "./Thumbnail";

export function Formation({ run, number }: { run: RunInfo; number: number }) {
  const store = useStore();
  const formed = useQuery(async () => new FormationRun(await store.client.arrays(routes.formation(number))), [number]);
  if (!formed.value.value) return <Notice>{formed.value.error ?? "Reading the steps of the training…"}</Notice>;
  return <FormationPanel run={run} number={number} formed={formed.value.value} />;
}

function FormationPanel({ run, number, formed }: { run: RunInfo; number: number; formed: FormationRun }) {
  const { state } = useStore();
  const last = formed.steps.length - 1;
  const step = Math.min(state.step.value ?? last, last);
  const statistic = restrictTo(state.statistic, formed.statistics);
  return (
    <div class="oto-formation">
      <div>
        <h2>{run.name}</h2>
        <label class="oto-step">
          <span>Step {formed.steps[step]}</span>
          <input
            type="range"
            min={0}
            max={last}
            value={step}
            aria-valuetext={`step ${formed.steps[step]}`}
            onInput={(event) => (state.step.value = Number(event.currentTarget.value))}
          />
        </label>
        <StepMaps number={number} step={step} formed={formed} />
        <Legend />
      </div>
      <div class="oto-curves">
        <div class="oto-toolbar">
          <Select label="Statistic" value={statistic} options={formed.statistics} />
        </div>
        <StatisticLines formed={formed} statistic={statistic.value} step={formed.steps[step]} />
        <ShapeLines formed={formed} step={formed.steps[step]} />
      </div>
    </div>
  );
}

function StepMaps({ number, step, formed }: { number: number; step: number; formed: FormationRun }) {
  const store = useStore();
  const overview = useQuery(() => store.client.arrays(routes.overview(number, step)), [number, step]);
  const previous = useRef<ArrayBlock | undefined>(undefined);
  const block = overview.value.value ?? previous.current; // until the maps of the next step arrive
  previous.current = block;
  const frames = Number(block?.attributes.frames ?? 1);
  const imageOf = ({ layer, head }: StepHead): ThumbnailImage | undefined => {
    if (!block) return undefined;
    const { shape, values } = block.arrays.code;
    const side = shape[2];
    const first = (layer * formed.across + head) * side * side;
    return { code: (values as Uint8Array).subarray(first, first + side * side), side };
  };
  return (
    <>
      <Notices of={[overview.value.error]} />
      <p class="oto-hint">
        Rows are layers, columns are heads. Below each: its shape by itself, and the letter of its category (the best of
        three ranks) at this step.
      </p>
      <div class="oto-step-maps" style={{ "--across": formed.across }} role="list" aria-label="Heads at this step">
        {formed.heads(step).map((head) => (
          <div
            key={head.name}
            role="listitem"
            class={`oto-cell oto-${head.category}`}
            style={{ gridRow: head.layer + 1, gridColumn: head.head + 1 }}
            title={`${head.name}: ${head.category}, ${head.shape}`}
            aria-label={`Layer ${head.layer} head ${head.head}: ${head.category}, ${head.shape}`}
          >
            <Thumbnail image={imageOf(head)} category={head.category} frames={frames} />
            <span class="oto-tag">
              <span>{head.shape}</span> <b>{LETTERS[head.category]}</b>
            </span>
          </div>
        ))}
      </div>
    </>
  );
}

interface LinesProps {
  formed: FormationRun;
  step: number;
}

function StatisticLines({ formed, statistic, step }: LinesProps & { statistic: string }) {
  const lines = formed.lines(statistic);
  return (
    <Figure
      title={`${columnLabel(statistic)} of each head, coloured by its last category`}
      keys={[formed, statistic, step]}
      table={() =>
        lines.map(({ layer, head, category, step: at, value }) => ({ layer, head, category, step: at, value }))
      }
      options={() => ({
        height: 260,
        marginLeft: 52,
        x: { label: "training step" },
        y: { label: columnLabel(statistic), grid: true },
        color: {
          domain: Object.keys(LETTERS),
          range: Object.keys(LETTERS).map((name) => theme.value.categories[name]),
          legend: true,
        },
        marks: [
          Plot.ruleX([step], { stroke: theme.value.quiet, strokeDasharray: "4 3" }),
          Plot.lineY(lines, { x: "step", y: "value", z: "name", stroke: "category", strokeOpacity: 0.75 }),
          Plot.tip(lines, Plot.pointer({ x: "step", y: "value", title: ({ name, shape }) => `${name} · ${shape}` })),
        ],
      })}
    />
  );
}

function ShapeLines({ formed, step }: LinesProps) {
  const counts = formed.shapeCounts();
  const shapes = [...new Set(counts.map(({ shape }) => shape))];
  return (
    <Figure
      title="Heads of each shape"
      keys={[formed, step]}
      table={() => counts.map((count) => ({ ...count }))}
      options={() => ({
        height: 220,
        marginLeft: 52,
        x: { label: "training step" },
        y: { label: "number of heads", grid: true },
        color: { domain: shapes, range: shapes.map(shapeColour), legend: true },
        marks: [
          Plot.ruleX([step], { stroke: theme.value.quiet, strokeDasharray: "4 3" }),
          Plot.lineY(counts, { x: "step", y: "heads", stroke: "shape" }),
          Plot.dot(counts, { x: "step", y: "heads", fill: "shape", r: 2 }),
        ],
      })}
    />
  );
}
