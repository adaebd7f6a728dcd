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
    const plot = drawn({ ...options(width), width });
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

/** A plot without the style element that Plot puts into it: the page's policy admits none, its style sheet has the rules. */
function drawn(options: Options): Drawn {
  const plot = Plot.plot({ ...options, style: { background: "transparent", color: theme.value.ink, overflow: "visible" } });
  for (const style of plot.querySelectorAll("style")) style.remove();
  return plot;
}
