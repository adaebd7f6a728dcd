// Two statistics of all heads against each other; a brush selects heads for the atlas. Categories by layer.
import { routes } from "../core/routes";
import * as Plot from "@observablehq/plot";
import { brush } from "d3-brush";
import { select } from "d3-selection";
import { measures, headId, rows, columnLabel, type Row } from "../core/heads";
import { restrictTo } from "../store/derivedSignal";
import { LETTERS, theme } from "../store/theme";
import { useQuery } from "../hooks/useQuery";
import { useStore, type ViewerStore } from "../store/viewerStore";
import { Notice, Select } from "../components/controls";
import { Figure, type DrawnPlot } from "../components/Figure";

const SYMBOLS: Record<string, string> = { global: "circle", vertical: "triangle", diagonal: "diamond" };

export function Distribution() {
  const store = useStore();
  const { x, y, chosen, view } = store.state;
  const table = useQuery(() => store.client.arrays(routes.heads(0)), []);
  if (!table.value.value) return <Notice>{table.value.error ?? "Reading the heads…"}</Notice>;
  const all = rows(store.run.heads, table.value.value);
  const names = measures(table.value.value);
  const [across, up] = [restrictTo(x, names), restrictTo(y, names)];
  return (
    <section class="oto-distribution-view" aria-label="Distribution">
      <div class="oto-toolbar">
        <Select label="Across" value={across} options={names} />
        <Select label="Up" value={up} options={names} />
        <span class="oto-hint" aria-live="polite">
          {chosen.value.length
            ? `${chosen.value.length} heads brushed`
            : "drag over points to select heads, click one to open it"}
        </span>
        {chosen.value.length > 0 && (
          <>
            <button type="button" onClick={() => (view.value = "atlas")}>
              show them in the atlas
            </button>
            <button type="button" class="oto-plain" onClick={() => (chosen.value = [])}>
              clear
            </button>
          </>
        )}
      </div>
      <div class="oto-two">
        <Scatter all={all} x={across.value} y={up.value} />
        <Shares all={all} />
      </div>
    </section>
  );
}

function Scatter({ all, x, y }: { all: Row[]; x: string; y: string }) {
  const store = useStore();
  const chosen = new Set(store.state.chosen.value);
  const points = all.map((row) => ({ ...row, x: row.values[x], y: row.values[y], name: headId(row) }));
  const faded = (point: { name: string }) => (chosen.size && !chosen.has(point.name) ? 0.2 : 0.9);
  return (
    <Figure
      title={`${columnLabel(y)} against ${columnLabel(x)}`}
      keys={[x, y, store.state.chosen.value]}
      table={() =>
        points.map(({ layer, head, category, shape, values }) => ({
          layer,
          head,
          category,
          shape,
          [x]: values[x],
          [y]: values[y],
        }))
      }
      after={(plot) => brushing(plot, points, store)}
      options={(width) => ({
        height: Math.max(320, Math.min(width * 0.72, window.innerHeight - 190)),
        marginLeft: 52,
        inset: 12,
        grid: true,
        x: { label: label(store, x) },
        y: { label: label(store, y), ticks: 8 },
        color: { ...colours(), legend: true },
        symbol: { domain: Object.keys(SYMBOLS), range: Object.values(SYMBOLS), legend: false },
        marks: [
          Plot.dot(points, {
            x: "x",
            y: "y",
            stroke: "category",
            fill: "category",
            symbol: "category",
            fillOpacity: (point) => faded(point) * 0.55,
            strokeOpacity: faded,
            r: 5,
          }),
          Plot.tip(
            points,
            Plot.pointer({
              x: "x",
              y: "y",
              title: (point) => `${point.name} · ${point.category} · ${point.shape}`,
              maxRadius: 14,
            }),
          ),
        ],
      })}
    />
  );
}

function label(store: ViewerStore, name: string): string {
  const units = store.run.variables.find((variable) => variable.name === name)?.units;
  return units && units !== "1" ? `${columnLabel(name)} (${units})` : columnLabel(name);
}

const colours = () => ({
  domain: Object.keys(LETTERS),
  range: Object.keys(LETTERS).map((name) => theme.value.categories[name]),
});

interface Point {
  layer: number;
  head: number;
  x: number;
  y: number;
  name: string;
}

/** Dragging selects the heads in a rectangle; a click opens the nearest head. */
function brushing(plot: DrawnPlot, points: Point[], store: ViewerStore): void {
  const svg = plot.tagName === "svg" ? plot : plot.querySelector(":scope > svg")!;
  const [across, up] = [plot.scale("x")!, plot.scale("y")!];
  const pixelsOf = (point: Point) => [across.apply(point.x) as number, up.apply(point.y) as number];
  const layer = select(svg as SVGSVGElement)
    .append("g")
    .attr("class", "oto-brush");
  layer.lower();
  layer.call(
    brush<unknown>().on("end", ({ selection, sourceEvent }) => {
      if (selection) {
        const [[left, top], [right, bottom]] = selection as [[number, number], [number, number]];
        const inside = points.filter((point) => {
          const [px, py] = pixelsOf(point);
          return px >= left && px <= right && py >= top && py <= bottom;
        });
        store.state.chosen.value = inside.map(({ name }) => name);
      } else if (sourceEvent) openNearest(svg, sourceEvent as MouseEvent, points, pixelsOf, store);
    }),
  );
}

function openNearest(
  svg: Element,
  event: MouseEvent,
  points: Point[],
  pixelsOf: (point: Point) => number[],
  store: ViewerStore,
): void {
  const box = svg.getBoundingClientRect();
  const distance = (point: Point) => {
    const [x, y] = pixelsOf(point);
    return Math.hypot(x - (event.clientX - box.left), y - (event.clientY - box.top));
  };
  const nearest = [...points].sort((a, b) => distance(a) - distance(b))[0];
  if (!nearest || distance(nearest) > 14) return;
  store.selectHead(nearest);
  store.state.view.value = "head";
}

function Shares({ all }: { all: Row[] }) {
  return (
    <Figure
      title="Categories by layer"
      keys={[all.length]}
      table={() => all.map(({ layer, head, category }) => ({ layer, head, category }))}
      options={() => ({
        height: 60 + 30 * (Math.max(...all.map(({ layer }) => layer)) + 1),
        marginLeft: 52,
        x: { label: "heads", ticks: 5, grid: true },
        y: { label: "layer" },
        color: { ...colours(), legend: true },
        marks: [
          Plot.barX(
            all,
            Plot.groupY({ x: "count" }, { y: "layer", fill: "category", order: Object.keys(LETTERS), inset: 1 }),
          ),
          Plot.ruleX([0]),
        ],
      })}
    />
  );
}
