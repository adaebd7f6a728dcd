// Every head at a glance: layers downward, heads across, or in order of a number; arrow keys walk, Enter opens.
import type { Signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { measures, nameOf, rows, short, shown, sorted, spoken, type Row } from "../core/heads";
import type { Overview } from "../core/overview";
import { LETTERS } from "../core/theme";
import { useAnswer } from "../core/use";
import { useViewer } from "../core/viewer";
import { Choice, Notice, Select } from "../parts/controls";
import { byLayer, flowing, neighbour } from "../parts/grid";
import { Legend } from "../parts/Legend";
import { TakePixels } from "../parts/TakeAway";
import { Thumb } from "../parts/Thumb";
import { HeadFacts } from "./HeadFacts";
import { concentrations, withConcentration } from "./concentration";

export function Atlas({ overview }: { overview: Signal<Overview> }) {
  const viewer = useViewer();
  const { sort, show, chosen } = viewer.state;
  const table = useAnswer(() => viewer.asking.block("0/heads"), []);
  const concentration = useAnswer(() => concentrations(viewer), []);
  const { problem, thumbs } = overview.value;
  if (!table.value.value) return <Notice>{table.value.problem ?? "Reading the heads…"}</Notice>;
  const all = withConcentration(rows(viewer.run.heads, table.value.value), concentration.value.value);
  const brushed = chosen.value.length ? all.filter((row) => chosen.value.includes(nameOf(row))) : all;
  const list = sorted(shown(brushed, show.value), sort.value);
  const kinds = Object.keys(LETTERS).map((name) => [name, `${name} ${all.filter((row) => row.category === name).length}`] as const);
  const phones = concentration.value.value?.phones ?? [];
  return (
    <section class="atlas" aria-label="Atlas">
      <div class="toolbar">
        <Choice label="Category" value={show} options={[["", `all ${all.length}`], ...kinds]} />
        <Select
          label="Sort"
          value={sort}
          options={[
            ["", "by layer and head"],
            ...measures(table.value.value).map((name) => [name, `by ${spoken(name)}`] as const),
            ...phones.map((phone) => [`on ${phone}`, `by concentration on ${phone}`] as const),
          ]}
        />
        {chosen.value.length > 0 && (
          <button type="button" class="plain" onClick={() => (chosen.value = [])}>
            {chosen.value.length} brushed heads, show all
          </button>
        )}
        <span class="spring" />
        <TakePixels name="atlas" within=".grid" table={() => list.map(({ layer, head, category, values }) => ({ layer, head, category, ...values }))} />
        <span class="hint">arrow keys walk · Enter opens</span>
      </div>
      {problem && <Notice>{problem}</Notice>}
      <div class="atlas-body">
        <Grid list={list} thumbs={thumbs} laidOut={!sort.value && !show.value && !chosen.value.length} measure={sort.value} />
        <HeadFacts portrait={<Portrait thumbs={thumbs} />}>
          <Legend />
        </HeadFacts>
      </div>
    </section>
  );
}

function Portrait({ thumbs }: { thumbs: Overview["thumbs"] }) {
  const viewer = useViewer();
  const head = viewer.chosenHead.value;
  return (
    <div class="portrait">
      <Thumb small={thumbs[nameOf(head)]} category={head.category} frames={viewer.frames.value} />
    </div>
  );
}

interface GridProps {
  list: Row[];
  thumbs: Overview["thumbs"];
  /** Whether rows are layers and columns heads. */
  laidOut: boolean;
  measure: string;
}

function Grid({ list, thumbs, laidOut, measure }: GridProps) {
  const viewer = useViewer();
  const grid = useRef<HTMLDivElement>(null);
  const layers = laidOut ? Math.max(...list.map((row) => row.layer)) + 1 : 0;
  const across = laidOut ? Math.max(...list.map((row) => row.head)) + 1 : 0;
  const walk = (event: KeyboardEvent, at: number) => {
    const next = neighbour(event.key, at, laidOut ? byLayer(list) : flowing(list.length, columnsOf(grid.current!)));
    if (next === at) return;
    event.preventDefault();
    viewer.choose(list[next]);
    (grid.current!.querySelectorAll("button")[next] as HTMLElement).focus();
  };
  return (
    <div ref={grid} class={laidOut ? "grid laid-out" : "grid flowing"} style={{ "--across": across, "--layers": layers }}>
      {list.map((row, at) => (
        <Cell key={nameOf(row)} row={row} small={thumbs[nameOf(row)]} measure={measure} place={laidOut} onWalk={(e) => walk(e, at)} />
      ))}
    </div>
  );
}

interface CellProps {
  row: Row;
  small: Overview["thumbs"][string] | undefined;
  measure: string;
  place: boolean;
  onWalk: (event: KeyboardEvent) => void;
}

function Cell({ row, small, measure, place, onWalk }: CellProps) {
  const viewer = useViewer();
  const chosen = viewer.chosenHead.value === viewer.headAt(row.layer, row.head);
  const open = () => {
    viewer.choose(row);
    viewer.state.room.value = "head";
  };
  const value = measure ? short(row.values[measure]) : "";
  const spot = place ? { gridRow: row.layer + 1, gridColumn: row.head + 1 } : undefined;
  return (
    <button
      type="button"
      class={`cell ${row.category}`}
      style={spot}
      tabIndex={chosen ? 0 : -1}
      aria-pressed={chosen}
      onClick={open}
      onPointerEnter={() => viewer.warm(row)}
      onFocus={() => viewer.choose(row)}
      onKeyDown={onWalk}
    >
      <Thumb small={small} category={row.category} frames={viewer.frames.value} />
      <span class="tag">
        {row.layer}.{row.head} <b>{LETTERS[row.category]}</b>
        {value && <i>{value}</i>}
      </span>
      <span class="sr">
        Layer {row.layer} head {row.head}, {row.category}
        {measure && `, ${spoken(measure)}`}
      </span>
    </button>
  );
}

function columnsOf(grid: HTMLElement): number {
  return getComputedStyle(grid).gridTemplateColumns.split(" ").length;
}
