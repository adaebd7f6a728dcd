// Live ablation: the model runs again on the utterance without some heads, or with a limited attention span.
import * as Plot from "@observablehq/plot";
import type { Signal } from "@preact/signals";
import { headId, formatNumber } from "../core/heads";
import type { Thumbnails } from "../store/thumbnails";
import { ABLATION_KINDS, GATE_PREFIX, HEAD_PREFIX, type AblationResult } from "../core/schema";
import { useAblation } from "../hooks/useAblation";
import { restrictTo } from "../store/derivedSignal";
import { theme } from "../store/theme";
import { useStore, type ViewerStore } from "../store/viewerStore";
import { Notice, Notices, Select, Waiting } from "./controls";
import { Figure } from "./Figure";
import { Legend } from "./Legend";
import { HeadPicker } from "./HeadPicker";

const MAX_SPAN = 100; // frames; the right end of the slider sets no limit
const FIRST_GATES = `${GATE_PREFIX}50-100`; // scale and temperature in percent

export function Ablation({ thumbnails }: { thumbnails: Signal<Thumbnails> }) {
  const store = useStore();
  const { off, span } = store.state;
  const query = useAblation(store);
  if (store.run.no_model_reason) return <Notice>Live ablation needs the model: {store.run.no_model_reason}.</Notice>;
  const heads = new Set(off.value);
  const toggle = (name: string) =>
    (off.value = heads.has(name) ? off.value.filter((head) => head !== name) : [...off.value, name]);
  return (
    <div class="oto-ablation">
      <div>
        <h2>Switch heads off</h2>
        <HeadPicker thumbnails={thumbnails} off={heads} onPick={toggle} />
        <Legend />
        <Presets store={store} />
        <Select label="Replaced by" value={kindOf(store)} options={kinds(store)} />
        <Gates store={store} />
        <Span store={store} />
      </div>
      <div class="oto-effect" aria-live="polite">
        <h2>
          What changes in {store.utteranceName.value}
          {query.value.value && (
            <span class="oto-hint"> · answered in {Math.round(1000 * query.value.value.seconds)} ms</span>
          )}
        </h2>
        {!heads.size && span.value === null && (
          <p class="oto-hint">Nothing is switched off yet: click heads, or choose a category or a span.</p>
        )}
        <Notices of={[query.value.error, thumbnails.value.error]} />
        {query.value.value && <Effect result={query.value.value} />}
        {!query.value.value && !query.value.error && (
          <Waiting reason={store.client.waitingFor("0/ablation/") || "asking the model"} />
        )}
      </div>
      <p class="oto-sr">
        {heads.size} heads off, span {span.value ?? "full"}
      </p>
    </div>
  );
}

/** Kinds of replacement, the pattern of each head of a layer, and gates. */
function kinds(store: ViewerStore): (readonly [string, string])[] {
  const across = Math.max(...store.run.heads.map(({ head }) => head)) + 1;
  const patterns = Array.from({ length: across }, (_, head) => [
    `${HEAD_PREFIX}${head}`,
    `the attention of head ${head}`,
  ]);
  const gates = gatesOf(store) ? store.state.kind.value : FIRST_GATES;
  return [...ABLATION_KINDS, [gates, "themselves, gated"], ...(patterns as [string, string][])];
}

const kindOf = (store: ViewerStore) =>
  restrictTo(
    store.state.kind,
    kinds(store).map(([kind]) => kind),
  );

/** Scale and temperature in percent; null where heads are replaced instead. */
function gatesOf(store: ViewerStore): [scale: number, temperature: number] | null {
  const [, scale, temperature] = store.state.kind.value.match(/^gate-(\d{1,3})-([1-9]\d{0,2})$/) ?? [];
  return scale === undefined ? null : [Number(scale), Number(temperature)];
}

function Gates({ store }: { store: ViewerStore }) {
  const gates = gatesOf(store);
  if (!gates) return null;
  const [scale, temperature] = gates;
  const set = (percent: number, divisor: number) => (store.state.kind.value = `${GATE_PREFIX}${percent}-${divisor}`);
  return (
    <>
      <Slider label="Scale" percent={scale} from={0} to={200} onPick={(value) => set(value, temperature)} />
      <Slider label="Temperature" percent={temperature} from={20} to={400} onPick={(value) => set(scale, value)} />
    </>
  );
}

interface SliderProps {
  label: string;
  percent: number;
  from: number;
  to: number;
  onPick: (percent: number) => void;
}

function Slider({ label, percent, from, to, onPick }: SliderProps) {
  return (
    <label class="oto-span">
      <span>{`${label}: ${(percent / 100).toFixed(2)}`}</span>
      <input
        type="range"
        min={from}
        max={to}
        step={5}
        value={percent}
        onInput={(event) => onPick(Number(event.currentTarget.value))}
      />
    </label>
  );
}

function Presets({ store }: { store: ViewerStore }) {
  const { off } = store.state;
  const headsOf = (category: string) => store.run.heads.filter((head) => head.category === category).map(headId);
  return (
    <div class="oto-row-buttons">
      {["global", "vertical", "diagonal"].map((category) => (
        <button type="button" key={category} onClick={() => (off.value = headsOf(category))}>
          all {category} off
        </button>
      ))}
      <button type="button" disabled={!off.value.length} onClick={() => (off.value = [])}>
        all on
      </button>
    </div>
  );
}

function Span({ store }: { store: ViewerStore }) {
  const { span } = store.state;
  const period = Math.round(store.run.frame_period * 1000);
  return (
    <label class="oto-span">
      <span>Span: {span.value === null ? "full" : `${span.value} frames (± ${span.value * period} ms)`}</span>
      <input
        type="range"
        min={0}
        max={MAX_SPAN}
        value={span.value ?? MAX_SPAN}
        onInput={(event) => {
          const value = Number(event.currentTarget.value);
          span.value = value >= MAX_SPAN ? null : value;
        }}
      />
    </label>
  );
}

function Effect({ result }: { result: AblationResult }) {
  const layers = result.layers.map((change, layer) => ({ layer, change }));
  return (
    <>
      <div class="oto-tiles">
        {result.changes.map(({ name, doc, units, before, after }) => (
          <div class="oto-tile" key={name} title={doc}>
            <span>{name}</span>
            <b>{formatChange(after, units)}</b>
            <i>
              whole model {formatChange(before, units)} {arrow(before, after)}
            </i>
          </div>
        ))}
      </div>
      {result.missing.map(({ probe, reason }) => (
        <p class="oto-hint" key={probe}>
          {probe}: {reason}
        </p>
      ))}
      <Figure
        title="Change of hidden states after each layer"
        keys={[result]}
        table={() => layers}
        options={() => ({
          height: 190,
          marginLeft: 48,
          x: { label: "layer" },
          y: { label: "share of their norm", grid: true, domain: [0, Math.max(0.1, ...result.layers)], percent: false },
          marks: [Plot.barY(layers, { x: "layer", y: "change", fill: theme.value.neutral, inset: 2 }), Plot.ruleY([0])],
        })}
      />
    </>
  );
}

const formatChange = (value: number, units: string): string =>
  units === "%" ? `${(100 * value).toFixed(1)} %` : formatNumber(value);

function arrow(before: number, after: number): string {
  if (Math.abs(after - before) < 5e-4) return "· unchanged";
  return after > before ? "· risen" : "· fallen";
}
