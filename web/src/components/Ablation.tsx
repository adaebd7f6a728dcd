// Live ablation: the model runs again on the utterance without some heads, or with a limited attention span.
import * as Plot from "@observablehq/plot";
import { batch, type Signal } from "@preact/signals";
import { headId, formatNumber } from "../core/heads";
import type { Thumbnails } from "../store/thumbnails";
import { commonGate, FIRST, gateKind, gatesOfHeads } from "../core/gates";
import { ABLATION_KINDS, HEAD_PREFIX, type AblationResult } from "../core/schema";
import { useAblation } from "../hooks/useAblation";
import { restrictTo } from "../store/derivedSignal";
import { theme } from "../store/theme";
import { useStore, type ViewerStore } from "../store/viewerStore";
import { Notice, Notices, Select, Waiting } from "./controls";
import { Figure } from "./Figure";
import { HeadGates } from "./HeadGates";
import { Legend } from "./Legend";
import { HeadPicker } from "./HeadPicker";

const MAX_SPAN = 100; // frames; the right end of the slider sets no limit

export function Ablation({ thumbnails }: { thumbnails: Signal<Thumbnails> }) {
  const store = useStore();
  const { off, span } = store.state;
  const query = useAblation(store);
  if (store.run.no_model_reason) return <Notice>Live ablation needs the model: {store.run.no_model_reason}.</Notice>;
  const heads = new Set(off.value);
  const kind = kindOf(store);
  const mark = commonGate(kind.value) ? "gated" : "off";
  const toggle = (name: string) =>
    choose(store, heads.has(name) ? off.value.filter((head) => head !== name) : [...off.value, name]);
  return (
    <div class="oto-ablation">
      <div>
        <h2>Switch heads off, or gate them</h2>
        <HeadPicker thumbnails={thumbnails} chosen={heads} mark={mark} onPick={toggle} />
        <Legend />
        <Presets store={store} />
        <Select label="Replaced by" value={kind} options={kinds(store)} />
        <HeadGates />
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
          <p class="oto-hint">Nothing is changed yet: click heads, or choose a category or a span.</p>
        )}
        <Notices of={[query.value.error, thumbnails.value.error]} />
        {query.value.value && <Effect result={query.value.value} />}
        {!query.value.value && !query.value.error && (
          <Waiting reason={store.client.waitingFor("0/ablation/") || "asking the model"} />
        )}
      </div>
      <p class="oto-sr">
        {heads.size} heads {mark}, span {span.value ?? "full"}
      </p>
    </div>
  );
}

/** Choose heads; a head that is not chosen any more loses its gate. */
const choose = ({ state }: ViewerStore, heads: string[]) =>
  batch(() => {
    state.off.value = heads;
    state.gates.value = gatesOfHeads(state.gates.value, heads);
  });

/** Kinds of replacement, the pattern of each head of a layer, and gates. */
function kinds(store: ViewerStore): (readonly [string, string])[] {
  const across = Math.max(...store.run.heads.map(({ head }) => head)) + 1;
  const patterns = Array.from({ length: across }, (_, head) => [
    `${HEAD_PREFIX}${head}`,
    `the attention of head ${head}`,
  ]);
  const { value } = store.state.kind;
  const gates = commonGate(value) ? value : gateKind(FIRST);
  return [...ABLATION_KINDS, [gates, "themselves, gated"], ...(patterns as [string, string][])];
}

const kindOf = (store: ViewerStore) =>
  restrictTo(
    store.state.kind,
    kinds(store).map(([kind]) => kind),
  );

function Presets({ store }: { store: ViewerStore }) {
  const { off } = store.state;
  const headsOf = (category: string) => store.run.heads.filter((head) => head.category === category).map(headId);
  return (
    <div class="oto-row-buttons">
      {["global", "vertical", "diagonal"].map((category) => (
        <button type="button" key={category} onClick={() => choose(store, headsOf(category))}>
          all {category} off
        </button>
      ))}
      <button type="button" disabled={!off.value.length} onClick={() => choose(store, [])}>
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
