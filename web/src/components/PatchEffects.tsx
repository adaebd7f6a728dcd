// What restored heads undo of a corruption: categories and layers together, single heads, a head in each phone, a layer by distance.
import { routes } from "../core/routes";
import * as Plot from "@observablehq/plot";
import { floats } from "../core/arrayFormat";
import { headId } from "../core/heads";
import { LETTERS, theme } from "../store/theme";
import { restrictTo } from "../store/derivedSignal";
import { useQuery } from "../hooks/useQuery";
import { useStore, type ViewerStore } from "../store/viewerStore";
import { Notice, Select } from "./controls";
import { Figure, type Options } from "./Figure";

interface Effect {
  name: string;
  place: number;
  category: string;
  effect: number;
  low: number;
  high: number;
}

const UP = "share of the damage undone";

export function PatchEffects({ number }: { number: number }) {
  const store = useStore();
  const { name, part, corruption, labels } = store.runList.runs[number];
  const measure = restrictTo(store.state.measure, labels.measure);
  const place = labels.measure.indexOf(measure.value);
  const effects = useQuery(() => readEffects(store, number, place), [number, place]);
  const head = headId(store.selectedHead.value);
  const phones = useQuery(() => phoneEffects(store, number, place), [number, place, head]);
  const layer = store.selectedHead.value.layer;
  const frames = useQuery(() => frameEffects(store, number, place), [number, place, layer]);
  if (!effects.value.value) return <Notice>{effects.value.error ?? "Reading effects of restored heads…"}</Notice>;
  const { groups, heads } = effects.value.value;
  return (
    <div class="oto-curves">
      <div class="oto-toolbar">
        <Select label="Answer" value={measure} options={labels.measure} />
        <span class="oto-hint">
          {name}: speech is corrupted ({corruption}), then heads of the{" "}
          {part === "encoder" ? part : `decoder (${part})`} are restored from the clean run. 1 undoes all damage, below
          0 adds to it; lines are 95 % intervals
        </span>
      </div>
      <div class="oto-two">
        <Effects title={`${measure.value}: heads restored together`} across="heads" rows={groups} isBars />
        <Effects title={`${measure.value}: single heads`} across="layer" rows={heads} />
      </div>
      {phones.value.value?.length ? (
        <Effects
          title={`${measure.value}: head ${head} in each phone`}
          across="phone"
          rows={phones.value.value}
          isBars
        />
      ) : null}
      {frames.value.value?.length ? (
        <Effects
          title={`${measure.value}: layer ${layer} in frames at a distance from the change`}
          across="distance"
          rows={frames.value.value}
          isBars
        />
      ) : null}
    </div>
  );
}

interface EffectsProps {
  title: string;
  across: string;
  rows: Effect[];
  isBars?: boolean;
}

function Effects({ title, across, rows, isBars = false }: EffectsProps) {
  return (
    <Figure
      title={title}
      keys={[rows]}
      table={() => rows.map(({ name, category, effect, low, high }) => ({ name, category, effect, low, high }))}
      options={() => ({
        height: 250,
        marginLeft: 48,
        x: isBars
          ? { label: across, domain: rows.map(({ name }) => name), type: "band" }
          : { label: across, ticks: new Set(rows.map(({ place }) => Math.round(place))).size, tickFormat: "d" },
        y: { label: UP, grid: true },
        color: colours(rows),
        marks: isBars ? bars(rows) : dots(rows),
      })}
    />
  );
}

function bars(rows: Effect[]): Options["marks"] {
  return [
    Plot.barY(rows, { x: "name", y: "effect", fill: "category", inset: 1 }),
    Plot.ruleX(rows, { x: "name", y1: "low", y2: "high", stroke: theme.value.ink }),
    Plot.ruleY([0]),
    Plot.tip(rows, Plot.pointerX({ x: "name", y: "effect", title: described })),
  ];
}

function dots(rows: Effect[]): Options["marks"] {
  return [
    Plot.ruleY([0], { stroke: theme.value.line }),
    Plot.ruleX(rows, { x: "place", y1: "low", y2: "high", stroke: "category", strokeOpacity: 0.45 }),
    Plot.dot(rows, { x: "place", y: "effect", fill: "category", r: 3 }),
    Plot.tip(rows, Plot.pointer({ x: "place", y: "effect", title: described })),
  ];
}

const described = ({ name, effect, low, high }: Effect): string =>
  `${name}: ${effect.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;

function colours(rows: Effect[]): Options["color"] {
  const names = [...Object.keys(LETTERS), ""].filter((name) => rows.some(({ category }) => category === name));
  const range = names.map((name) => theme.value.categories[name] ?? theme.value.neutral);
  return { domain: names, range, legend: names.length > 1 && !names.includes("") };
}

async function readEffects(store: ViewerStore, number: number, measure: number) {
  const { labels, part, variables } = store.runList.runs[number];
  const of = (name: string) => effectsOf(store, number, name);
  const [group, head] = await Promise.all([of("group_effect"), of("effect")]);
  const groups = labels.group.map((name, place) => ({
    ...group(measure * labels.group.length + place),
    name,
    place,
    category: name in LETTERS ? name : "",
  }));
  const [, layers, across] = variables.find(({ name }) => name === "effect")!.shape;
  const isOfEncoder = part === "encoder";
  const categories = new Map(isOfEncoder ? store.run.heads.map((info) => [headId(info), info.category]) : []);
  const heads = Array.from({ length: layers * across }, (_, index) => {
    const id = { layer: Math.floor(index / across), head: index % across };
    return {
      ...head(measure * layers * across + index),
      name: headId(id),
      place: id.layer + 0.6 * ((id.head + 0.5) / across - 0.5),
      category: categories.get(headId(id)) ?? "",
    };
  });
  return {
    groups: groups.filter(({ name }) => name !== "all"),
    heads: heads.filter(({ effect }) => Number.isFinite(effect)),
  };
}

/** The effects of the selected head in the frames of each phone; none where the run has no phones. */
async function phoneEffects(store: ViewerStore, number: number, measure: number): Promise<Effect[]> {
  const { labels, part, variables } = store.runList.runs[number];
  const variable = variables.find(({ name }) => name === "phone_effect");
  if (!variable || part !== "encoder") return [];
  const [, layers, across, phones] = variable.shape;
  const { layer, head, category } = store.selectedHead.value;
  const effect = await effectsOf(store, number, "phone_effect");
  const first = ((measure * layers + layer) * across + head) * phones;
  const rows = labels.phone.map((name, place) => ({ ...effect(first + place), name, place, category }));
  return rows.filter((row) => Number.isFinite(row.effect));
}

/** The effects of the layer of the selected head in frames near and far from the change; none where all are changed. */
async function frameEffects(store: ViewerStore, number: number, measure: number): Promise<Effect[]> {
  const { labels, part, variables } = store.runList.runs[number];
  const variable = variables.find(({ name }) => name === "frame_effect");
  if (!variable || part !== "encoder") return [];
  const [, layers, distances] = variable.shape;
  const effect = await effectsOf(store, number, "frame_effect");
  const first = (measure * layers + store.selectedHead.value.layer) * distances;
  return labels.distance
    .map((name, place) => ({ ...effect(first + place), name, place, category: "" }))
    .filter((row) => Number.isFinite(row.effect));
}

/** A function from an index of a variable to its value with its interval. */
async function effectsOf(store: ViewerStore, number: number, name: string) {
  const read = async (variable: string) =>
    floats(await store.client.arrays(routes.variable(number, variable)), variable);
  const [values, ends] = await Promise.all([read(name), read(`${name}_interval`)]);
  return (index: number) => ({ effect: values[index], low: ends[2 * index], high: ends[2 * index + 1] });
}
