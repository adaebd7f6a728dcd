// Two rankings of the same heads against each other: agreement lies on the diagonal.
import * as Plot from "@observablehq/plot";
import { floats } from "../core/block";
import { nameOf } from "../core/heads";
import { LETTERS, theme } from "../core/theme";
import { among } from "../core/seen";
import { useAnswer } from "../core/use";
import { useViewer } from "../core/viewer";
import { Notice, Select } from "../parts/controls";
import { Figure } from "../parts/Figure";

export function Rankings({ number }: { number: number }) {
  const viewer = useViewer();
  const { labels, variables } = viewer.catalogue.runs[number];
  const names = labels.ranking;
  const x = among(viewer.state.across, names);
  const y = among(viewer.state.up, names, names[Math.min(1, names.length - 1)]);
  const rank = useAnswer(() => viewer.asking.block(`${number}/variable/rank`), [number]);
  if (!rank.value.value) return <Notice>{rank.value.problem ?? "Reading the rankings…"}</Notice>;
  const [, layers, heads] = variables.find(({ name }) => name === "rank")!.shape;
  const places = floats(rank.value.value, "rank");
  const placeOf = (ranking: string, layer: number, head: number) => places[(names.indexOf(ranking) * layers + layer) * heads + head];
  const points = viewer.run.heads.map((head) => ({
    ...head,
    name: nameOf(head),
    x: placeOf(x.value, head.layer, head.head),
    y: placeOf(y.value, head.layer, head.head),
  }));
  return (
    <div class="curves">
      <div class="toolbar">
        <Select label="Across" value={x} options={names} />
        <Select label="Up" value={y} options={names} />
        <span class="hint">Spearman {spearman(points).toFixed(2)}</span>
      </div>
      <Figure
        title={`Rank by ${y.value} against rank by ${x.value}`}
        keys={[x.value, y.value, rank.value.value]}
        table={() => points.map(({ layer, head, x: across, y: up }) => ({ layer, head, [x.value]: across, [y.value]: up }))}
        options={(width) => ({
          height: Math.min(width, 420),
          marginLeft: 44,
          inset: 8,
          grid: true,
          x: { label: `rank by ${x.value}`, reverse: true },
          y: { label: `rank by ${y.value}`, reverse: true },
          color: { domain: Object.keys(LETTERS), range: Object.keys(LETTERS).map((name) => theme.value.categories[name]), legend: true },
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
  const sum = (of: (point: { x: number; y: number }) => number) => both.reduce((total, point) => total + of(point), 0);
  return sum(({ x, y }) => (x - mx) * (y - my)) / Math.sqrt(sum(({ x }) => (x - mx) ** 2) * sum(({ y }) => (y - my) ** 2));
}
