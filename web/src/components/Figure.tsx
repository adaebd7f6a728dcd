// A plot by Observable Plot in the available width, with buttons that save it as SVG, PNG or CSV.
import * as Plot from "@observablehq/plot";
import { useEffect, useRef, useState } from "preact/hooks";
import { plotPicture } from "../core/plotPicture";
import type { Picture } from "../core/sheet";
import { theme } from "../store/theme";
import { ExportMenu } from "./ExportMenu";

export type Options = Plot.PlotOptions;
export type DrawnPlot = (SVGSVGElement | HTMLElement) & Plot.Plot;

interface Props {
  title: string;
  /** Options for a plot of this width, in pixels. */
  options: (width: number) => Options;
  /** The numbers of the plot, as rows of a table. */
  table: () => Record<string, unknown>[];
  after?: (plot: DrawnPlot) => void;
  keys: unknown[];
}

export function Figure({ title, options, table, after, keys }: Props) {
  const container = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const look = theme.value;
  useEffect(() => {
    const observer = new ResizeObserver(([{ contentRect }]) => setWidth(Math.floor(contentRect.width)));
    observer.observe(container.current!);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (!width) return;
    const plot = drawPlot({ ...options(width), width }, title);
    container.current!.replaceChildren(plot);
    after?.(plot);
  }, [width, look, ...keys]);
  return (
    <figure class="oto-figure" aria-label={title}>
      <figcaption>
        <span>{title}</span>
        <ExportMenu
          about={{ title, axes: axesOf(options(width)) }}
          picture={(pixels) => printed({ ...options(pixels), width: pixels }, title)}
          table={table}
        />
      </figcaption>
      <div ref={container} />
    </figure>
  );
}

/** The plot at the width of print. */
function printed(options: Options, title: string): Picture {
  const holder = document.createElement("div");
  holder.append(drawPlot(options, title));
  return plotPicture(holder);
}

/** The names of the axes in words. */
function axesOf({ x, y }: Options): string {
  const names = [x?.label && `across: ${x.label}`, y?.label && `up: ${y.label}`];
  return names.filter(Boolean).join("; ");
}

/**
 * Draw a plot without the style element of Plot, which the policy of the page forbids (`Figure.css` has its rules). A
 * screen reader gets one picture instead of marks without a role.
 */
function drawPlot(options: Options, title: string): DrawnPlot {
  const plot = Plot.plot({
    marginBottom: 36,
    ...options,
    style: { background: "transparent", color: theme.value.ink, overflow: "visible" },
  });
  for (const style of plot.querySelectorAll("style")) style.remove();
  for (const mark of plot.querySelectorAll<SVGElement>("g[aria-label]")) {
    mark.dataset.mark = mark.getAttribute("aria-label")!;
    mark.removeAttribute("aria-label");
  }
  for (const point of plot.querySelectorAll("[aria-label]:not(svg)")) point.removeAttribute("aria-label");
  for (const svg of plot.tagName === "svg" ? [plot] : plot.querySelectorAll(":scope > svg")) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", title);
  }
  return plot;
}
