// All heads at a glance: by layer and head, or sorted by a statistic.
import { routes } from "../core/routes";
import type { Signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { measures, headId, rows, formatNumber, filterByCategory, sortBy, columnLabel, type Row } from "../core/heads";
import type { Thumbnails } from "../store/thumbnails";
import { LETTERS } from "../store/theme";
import { useQuery } from "../hooks/useQuery";
import { useStore } from "../store/viewerStore";
import { visible } from "../core/plainText";
import { RadioGroup, Notice, Select, Waiting } from "../components/controls";
import { byLayer, flowing, neighbour } from "../core/grid";
import { Introduction } from "../components/Introduction";
import { Legend } from "../components/Legend";
import { ExportElementMenu } from "../components/ExportMenu";
import { Thumbnail } from "../components/Thumbnail";
import { HeadDetails } from "../components/HeadDetails";
import { concentrations, withConcentration } from "../core/concentration";

export function Atlas({ thumbnails }: { thumbnails: Signal<Thumbnails> }) {
  const store = useStore();
  const { sort, show, chosen } = store.state;
  const table = useQuery(() => store.client.arrays(routes.heads(0)), []);
  const concentration = useQuery(() => concentrations(store), []);
  const { error, images } = thumbnails.value;
  if (!table.value.value) return <Notice>{table.value.error ?? "Reading the heads…"}</Notice>;
  const all = withConcentration(rows(store.run.heads, table.value.value), concentration.value.value);
  const brushed = chosen.value.length ? all.filter((row) => chosen.value.includes(headId(row))) : all;
  const list = sortBy(filterByCategory(brushed, show.value), sort.value);
  const kinds = Object.keys(LETTERS).map(
    (name) => [name, `${name} ${all.filter((row) => row.category === name).length}`] as const,
  );
  const phones = concentration.value.value?.phones ?? [];
  return (
    <section class="oto-atlas" aria-label="Atlas">
      <Introduction />
      <div class="oto-toolbar">
        <RadioGroup label="Category" value={show} options={[["", `all ${all.length}`], ...kinds]} />
        <Select
          label="Sort"
          value={sort}
          options={[
            ["", "by layer and head"],
            ...measures(table.value.value).map((name) => [name, `by ${columnLabel(name)}`] as const),
            ...phones.map((phone) => [`on ${phone}`, `by concentration on ${phone}`] as const),
          ]}
        />
        {chosen.value.length > 0 && (
          <button type="button" class="oto-plain" onClick={() => (chosen.value = [])}>
            {chosen.value.length} brushed heads, show all
          </button>
        )}
        <span class="oto-spring" />
        <ExportElementMenu
          about={{
            title: `Attention of ${list.length} heads on ${visible(store.utterance.value.id)}`,
            axes: "one map for each head, named layer.head and by the first letter of its category; in each map, queries run downward and keys across",
            colours: { scale: "log", categories: Object.keys(LETTERS) },
          }}
          within=".oto-grid"
          table={() =>
            list.map(({ layer, head, category, shape, values }) => ({ layer, head, category, shape, ...values }))
          }
        />
        <span class="oto-hint">arrow keys move · Enter opens</span>
      </div>
      {error && <Notice>{error}</Notice>}
      <Waiting reason={store.client.waitingFor(`${store.runIndex}/thumbnails/${store.state.utterance.value}/`)} />
      <div class="oto-atlas-body">
        <Grid
          list={list}
          images={images}
          laidOut={!sort.value && !show.value && !chosen.value.length}
          measure={sort.value}
        />
        <HeadDetails preview={<HeadPreview images={images} />}>
          <Legend />
        </HeadDetails>
      </div>
    </section>
  );
}

function HeadPreview({ images }: { images: Thumbnails["images"] }) {
  const store = useStore();
  const head = store.selectedHead.value;
  return (
    <div class="oto-head-preview">
      <Thumbnail image={images[headId(head)]} category={head.category} frames={store.frames.value} />
    </div>
  );
}

interface GridProps {
  list: Row[];
  images: Thumbnails["images"];
  /** Whether rows are layers and columns heads. */
  laidOut: boolean;
  measure: string;
}

function Grid({ list, images, laidOut, measure }: GridProps) {
  const store = useStore();
  const grid = useRef<HTMLDivElement>(null);
  const layers = laidOut ? Math.max(...list.map((row) => row.layer)) + 1 : 0;
  const across = laidOut ? Math.max(...list.map((row) => row.head)) + 1 : 0;
  const moveFocus = (event: KeyboardEvent, at: number) => {
    const next = neighbour(event.key, at, laidOut ? byLayer(list) : flowing(list.length, columnsOf(grid.current!)));
    if (next === at) return;
    event.preventDefault();
    store.selectHead(list[next]);
    (grid.current!.querySelectorAll("button")[next] as HTMLElement).focus();
  };
  return (
    <div
      ref={grid}
      class={laidOut ? "oto-grid oto-laid-out" : "oto-grid oto-flowing"}
      style={{ "--across": across, "--layers": layers }}
    >
      {list.map((row, at) => (
        <Cell
          key={headId(row)}
          row={row}
          image={images[headId(row)]}
          measure={measure}
          place={laidOut}
          onMove={(e) => moveFocus(e, at)}
        />
      ))}
    </div>
  );
}

interface CellProps {
  row: Row;
  image: Thumbnails["images"][string] | undefined;
  measure: string;
  place: boolean;
  onMove: (event: KeyboardEvent) => void;
}

function Cell({ row, image, measure, place, onMove }: CellProps) {
  const store = useStore();
  const chosen = store.selectedHead.value === store.headAt(row.layer, row.head);
  const open = () => {
    store.selectHead(row);
    store.state.view.value = "head";
  };
  const value = measure ? formatNumber(row.values[measure]) : "";
  const spot = place ? { gridRow: row.layer + 1, gridColumn: row.head + 1 } : undefined;
  return (
    <button
      type="button"
      class={`oto-cell oto-${row.category}`}
      style={spot}
      tabIndex={chosen ? 0 : -1}
      aria-pressed={chosen}
      onClick={open}
      onPointerEnter={() => store.prefetch(row)}
      onFocus={() => store.selectHead(row)}
      onKeyDown={onMove}
    >
      <Thumbnail image={image} category={row.category} frames={store.frames.value} />
      <span class="oto-tag">
        {row.layer}.{row.head} <b>{LETTERS[row.category]}</b>
        {value && <i>{value}</i>}
      </span>
      <span class="oto-sr">
        Layer {row.layer} head {row.head}, {row.category}
        {row.shape && `, ${row.shape}`}
        {measure && `, ${columnLabel(measure)}`}
      </span>
    </button>
  );
}

function columnsOf(grid: HTMLElement): number {
  return getComputedStyle(grid).gridTemplateColumns.split(" ").length;
}
