// Live ablation: the run's own model hears the utterance again without some heads, or within a span.
import * as Plot from "@observablehq/plot";
import { useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { nameOf, short } from "../core/heads";
import type { Overview } from "../core/overview";
import type { Ablation as Found } from "../core/schema";
import { theme } from "../core/theme";
import { useViewer, type Viewer } from "../core/viewer";
import { Notice, Notices } from "../parts/controls";
import { Figure } from "../parts/Figure";
import { HeadPicker } from "../parts/HeadPicker";

const LATER = 120; // ms without a further change before the model is asked
const AGAIN = 1500; // ms until a probe that is still being trained is asked again
const WIDEST = 100; // frames: the right end of the slider stands for no limit

export function Ablation({ overview }: { overview: Signal<Overview> }) {
  const viewer = useViewer();
  const { off, span } = viewer.state;
  const found = useAblation(viewer);
  if (viewer.run.modelless)
    return <Notice>Live ablation needs the model. {viewer.run.modelless}.</Notice>;
  const heads = new Set(off.value);
  const toggle = (name: string) => (off.value = heads.has(name) ? off.value.filter((one) => one !== name) : [...off.value, name]);
  return (
    <div class="ablation">
      <div>
        <h2>Switch heads off</h2>
        <HeadPicker overview={overview} off={heads} onPick={toggle} />
        <Presets viewer={viewer} />
        <Span viewer={viewer} />
      </div>
      <div class="effect" aria-live="polite">
        <h2>
          What changes in {viewer.utterance.value.id}
          {found.value.value && <span class="hint"> · answered in {Math.round(1000 * found.value.value.seconds)} ms</span>}
        </h2>
        <Notices of={[found.value.problem, overview.value.problem]} />
        {found.value.value && <Effect found={found.value.value} />}
        {!found.value.value && !found.value.problem && <p class="hint">{viewer.asking.waiting.value || "asking the model"}…</p>}
      </div>
      <p class="sr">
        {heads.size} heads off, span {span.value ?? "full"}
      </p>
    </div>
  );
}

/** The answer for the heads and span that are chosen; the one before of this utterance stays until the next is there. */
function useAblation(viewer: Viewer): Signal<{ value?: Found; problem?: string }> {
  const answer = useSignal<{ value?: Found; problem?: string }>({});
  const { off, span, utterance } = viewer.state;
  const heads = off.value.length ? [...off.value].sort().join(",") : "none";
  const question = `0/ablate/${utterance.value}/${heads}/${span.value ?? "full"}`;
  useEffect(() => {
    answer.value = {};
  }, [utterance.value]);
  useEffect(() => {
    if (viewer.run.modelless) return;
    let stale = false;
    let later = 0;
    const ask = () =>
      viewer.asking.fresh<Found>(question).then(
        (value) => {
          if (stale) return;
          answer.value = { value };
          if (value.missing.some((line) => line.includes("still"))) later = window.setTimeout(ask, AGAIN);
        },
        (error: Error) => stale || (answer.value = { problem: error.message }),
      );
    later = window.setTimeout(ask, LATER);
    return () => {
      stale = true;
      clearTimeout(later);
    };
  }, [question]);
  return answer;
}

function Presets({ viewer }: { viewer: Viewer }) {
  const { off } = viewer.state;
  const of = (category: string) => viewer.run.heads.filter((head) => head.category === category).map(nameOf);
  return (
    <div class="row-buttons">
      {["global", "vertical", "diagonal"].map((category) => (
        <button type="button" key={category} onClick={() => (off.value = of(category))}>
          all {category} off
        </button>
      ))}
      <button type="button" disabled={!off.value.length} onClick={() => (off.value = [])}>
        all on
      </button>
    </div>
  );
}

function Span({ viewer }: { viewer: Viewer }) {
  const { span } = viewer.state;
  const period = Math.round(viewer.run.frame_period * 1000);
  return (
    <label class="span">
      <span>
        Span: {span.value === null ? "full" : `${span.value} frames (± ${span.value * period} ms)`}
      </span>
      <input
        type="range"
        min={0}
        max={WIDEST}
        value={span.value ?? WIDEST}
        onInput={(event) => {
          const value = Number(event.currentTarget.value);
          span.value = value >= WIDEST ? null : value;
        }}
      />
    </label>
  );
}

function Effect({ found }: { found: Found }) {
  const layers = found.layers.map((change, layer) => ({ layer, change }));
  return (
    <>
      <div class="tiles">
        {found.changes.map(({ name, doc, units, before, after }) => (
          <div class="tile" key={name} title={doc}>
            <span>{name}</span>
            <b>
              {shown(after, units)}
            </b>
            <i>
              whole model {shown(before, units)} {arrow(before, after)}
            </i>
          </div>
        ))}
      </div>
      {found.missing.map((line) => (
        <p class="hint" key={line}>
          {line}
        </p>
      ))}
      <Figure
        title="Change of hidden states after each layer"
        keys={[found]}
        table={() => layers}
        options={() => ({
          height: 190,
          marginLeft: 48,
          x: { label: "layer" },
          y: { label: "share of their norm", grid: true, domain: [0, Math.max(0.1, ...found.layers)], percent: false },
          marks: [Plot.barY(layers, { x: "layer", y: "change", fill: theme.value.neutral, inset: 2 }), Plot.ruleY([0])],
        })}
      />
    </>
  );
}

const shown = (value: number, units: string): string => (units === "%" ? `${(100 * value).toFixed(1)} %` : short(value));

function arrow(before: number, after: number): string {
  if (Math.abs(after - before) < 5e-4) return "· unchanged";
  return after > before ? "· risen" : "· fallen";
}
