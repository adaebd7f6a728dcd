// All heads as points: any two numbers against each other; a brush chooses heads for the atlas. Categories by layer.
import * as Plot from "@observablehq/plot";
import { brush } from "d3-brush";
import { select } from "d3-selection";
import { measures, nameOf, rows, spoken, type Row } from "../core/heads";
import { among } from "../core/seen";
import { LETTERS, theme } from "../core/theme";
import { useAnswer } from "../core/use";
import { useViewer, type Viewer } from "../core/viewer";
import { Notice, Select } from "../parts/controls";
import { Figure, type Drawn } from "../parts/Figure";

const SYMBOLS: Record<string, string> = { global: "circle", vertical: "triangle", diagonal: "diamond" };

export function Heads() {
  const viewer = useViewer();
  const { x, y, chosen, room } = viewer.state;
  const table = useAnswer(() => viewer.asking.block("0/heads"), []);
  if (!table.value.value) return <Notice>{table.value.problem ?? "Reading the heads…"}</Notice>;
  const all = rows(viewer.run.heads, table.value.value);
  const names = measures(table.value.value);
  const [across, up] = [among(x, names), among(y, names)];
  return (
    <section class="heads-room" aria-label="Heads">
      <div class="toolbar">
        <Select label="Across" value={across} options={names} />
        <Select label="Up" value={up} options={names} />
        <span class="hint" aria-live="polite">
          {chosen.value.length ? `${chosen.value.length} heads brushed` : "drag over points to choose heads, click one to open it"}
        </span>
        {chosen.value.length > 0 && (
          <>
            <button type="button" onClick={() => (room.value = "atlas")}>
              show them in the atlas
            </button>
            <button type="button" class="plain" onClick={() => (chosen.value = [])}>
              clear
            </button>
          </>
        )}
      </div>
      <div class="two">
        <Scatter all={all} x={across.value} y={up.value} />
        <Shares all={all} />
      </div>
    </section>
  );
}

function Scatter({ all, x, y }: { all: Row[]; x: string; y: string }) {
  const viewer = useViewer();
  const chosen = new Set(viewer.state.chosen.value);
  const points = all.map((row) => ({ ...row, x: row.values[x], y: row.values[y], name: nameOf(row) }));
  const faded = (point: { name: string }) => (chosen.size && !chosen.has(point.name) ? 0.2 : 0.9);
  return (
    <Figure
      title={`${spoken(y)} against ${spoken(x)}`}
      keys={[x, y, viewer.state.chosen.value]}
      table={() => points.map(({ layer, head, category, values }) => ({ layer, head, category, [x]: values[x], [y]: values[y] }))}
      after={(plot) => brushing(plot, points, viewer)}
      options={(width) => ({
        height: Math.max(320, Math.min(width * 0.72, window.innerHeight - 190)),
        marginLeft: 52,
        inset: 12,
        grid: true,
        x: { label: label(viewer, x) },
        y: { label: label(viewer, y), ticks: 8 },
        color: colours(),
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
          Plot.tip(points, Plot.pointer({ x: "x", y: "y", title: (point) => `${point.name} · ${point.category}`, maxRadius: 14 })),
        ],
      })}
    />
  );
}

function label(viewer: Viewer, name: string): string {
  const units = viewer.run.variables.find((variable) => variable.name === name)?.units;
  return units && units !== "1" ? `${spoken(name)} (${units})` : spoken(name);
}

const colours = () => ({ domain: Object.keys(LETTERS), range: Object.keys(LETTERS).map((name) => theme.value.categories[name]) });

interface Point {
  layer: number;
  head: number;
  x: number;
  y: number;
  name: string;
}

/** A drag chooses the heads within; a click opens the nearest. */
function brushing(plot: Drawn, points: Point[], viewer: Viewer): void {
  const svg = plot.tagName === "svg" ? plot : plot.querySelector("svg")!;
  const [across, up] = [plot.scale("x")!, plot.scale("y")!];
  const at = (point: Point) => [across.apply(point.x) as number, up.apply(point.y) as number];
  const layer = select(svg as SVGSVGElement).append("g").attr("class", "brush");
  layer.lower();
  layer.call(
    brush<unknown>().on("end", ({ selection, sourceEvent }) => {
      if (selection) {
        const [[left, top], [right, bottom]] = selection as [[number, number], [number, number]];
        const inside = points.filter((point) => {
          const [px, py] = at(point);
          return px >= left && px <= right && py >= top && py <= bottom;
        });
        viewer.state.chosen.value = inside.map(({ name }) => name);
      } else if (sourceEvent) openNearest(svg, sourceEvent as MouseEvent, points, at, viewer);
    }),
  );
}

function openNearest(svg: Element, event: MouseEvent, points: Point[], at: (point: Point) => number[], viewer: Viewer): void {
  const box = svg.getBoundingClientRect();
  const distance = (point: Point) => {
    const [x, y] = at(point);
    return Math.hypot(x - (event.clientX - box.left), y - (event.clientY - box.top));
  };
  const nearest = [...points].sort((a, b) => distance(a) - distance(b))[0];
  if (!nearest || distance(nearest) > 14) return;
  viewer.choose(nearest);
  viewer.state.room.value = "head";
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
          Plot.barX(all, Plot.groupY({ x: "count" }, { y: "layer", fill: "category", order: Object.keys(LETTERS), inset: 1 })),
          Plot.ruleX([0]),
        ],
      })}
    />
  );
}
