// A plot by Observable Plot, drawn to the width it is given, with a menu that takes it away as SVG, PNG or CSV.
import * as Plot from "@observablehq/plot";
import { useEffect, useRef, useState } from "preact/hooks";
import { pictureIn } from "../core/takeaway";
import { theme } from "../core/theme";
import { TakeAway } from "./TakeAway";

export type Options = Plot.PlotOptions;
export type Drawn = (SVGSVGElement | HTMLElement) & Plot.Plot;

interface Props {
  title: string;
  /** Options for a plot of this width, in pixels. */
  options: (width: number) => Options;
  /** What the picture shows, as rows of a table. */
  table: () => Record<string, unknown>[];
  after?: (plot: Drawn) => void;
  keys: unknown[];
}

export function Figure({ title, options, table, after, keys }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const look = theme.value;
  useEffect(() => {
    const observer = new ResizeObserver(([{ contentRect }]) => setWidth(Math.floor(contentRect.width)));
    observer.observe(place.current!);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (!width) return;
    const plot = drawn({ ...options(width), width }, title);
    place.current!.replaceChildren(plot);
    after?.(plot);
  }, [width, look, ...keys]);
  return (
    <figure class="figure" aria-label={title}>
      <figcaption>
        <span>{title}</span>
        <TakeAway name={title} picture={() => pictureIn(place.current!)} table={table} />
      </figcaption>
      <div ref={place} />
    </figure>
  );
}

/**
 * A plot as this page can have it: without the style element that Plot puts into it, which the page's policy does not
 * admit (its style sheet has the rules), and as one picture to a screen reader, not as marks without a role.
 */
function drawn(options: Options, title: string): Drawn {
  const plot = Plot.plot({ marginBottom: 36, ...options, style: { background: "transparent", color: theme.value.ink, overflow: "visible" } });
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
