// Two rankings of the same heads against each other; heads with equal ranks are on the diagonal.
import { routes } from "../core/routes";
import * as Plot from "@observablehq/plot";
import { floats } from "../core/arrayFormat";
import { headId } from "../core/heads";
import { LETTERS, theme } from "../store/theme";
import { restrictTo } from "../store/derivedSignal";
import { useQuery } from "../hooks/useQuery";
import { useStore } from "../store/viewerStore";
import { Notice, Select } from "./controls";
import { Figure } from "./Figure";

export function Rankings({ number }: { number: number }) {
  const store = useStore();
  const { labels, variables } = store.runList.runs[number];
  const names = labels.ranking;
  const x = restrictTo(store.state.across, names);
  const y = restrictTo(store.state.up, names, names[Math.min(1, names.length - 1)]);
  const rank = useQuery(() => store.client.arrays(routes.variable(number, "rank")), [number]);
  if (!rank.value.value) return <Notice>{rank.value.error ?? "Reading the rankings…"}</Notice>;
  const [, layers, heads] = variables.find(({ name }) => name === "rank")!.shape;
  const places = floats(rank.value.value, "rank");
  const positionOf = (ranking: string, layer: number, head: number) =>
    places[(names.indexOf(ranking) * layers + layer) * heads + head];
  const points = store.run.heads.map((head) => ({
    ...head,
    name: headId(head),
    x: positionOf(x.value, head.layer, head.head),
    y: positionOf(y.value, head.layer, head.head),
  }));
  return (
    <div class="oto-curves">
      <div class="oto-toolbar">
        <Select label="Across" value={x} options={names} />
        <Select label="Up" value={y} options={names} />
        <span class="oto-hint">Spearman {spearman(points).toFixed(2)}</span>
      </div>
      <Figure
        title={`Rank by ${y.value} against rank by ${x.value}`}
        keys={[x.value, y.value, rank.value.value]}
        table={() =>
          points.map(({ layer, head, x: across, y: up }) => ({ layer, head, [x.value]: across, [y.value]: up }))
        }
        options={(width) => ({
          height: Math.min(width, 420),
          marginLeft: 44,
          inset: 8,
          grid: true,
          x: { label: `rank by ${x.value}`, reverse: true },
          y: { label: `rank by ${y.value}`, reverse: true },
          color: {
            domain: Object.keys(LETTERS),
            range: Object.keys(LETTERS).map((name) => theme.value.categories[name]),
            legend: true,
          },
          marks: [
            Plot.link([1], { x1: 1, y1: 1, x2: points.length, y2: points.length, stroke: theme.value.line }),
            Plot.dot(points, { x: "x", y: "y", fill: "category", fillOpacity: 0.75, r: 4.5 }),
            Plot.tip(points, Plot.pointer({ x: "x", y: "y", title: ({ name, category }) => `${name} · ${category}` })),
          ],
        })}
      />
    </div>
  );
}

function spearman(points: { x: number; y: number }[]): number {
  const both = points.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(both.map(({ x }) => x)), mean(both.map(({ y }) => y))];
  const sum = (term: (point: { x: number; y: number }) => number) =>
    both.reduce((total, point) => total + term(point), 0);
  return (
    sum(({ x, y }) => (x - mx) * (y - my)) / Math.sqrt(sum(({ x }) => (x - mx) ** 2) * sum(({ y }) => (y - my) ** 2))
  );
}
