// A plot by Observable Plot as one picture: names of its colours, and its drawings below each other.
import { svg } from "./drawing";
import type { Picture } from "./sheet";

const SWATCHES_HEIGHT = 20;

export function plotPicture(element: Element): Picture {
  const content = svg("g");
  let [height, width] = [0, addSwatches(content, element)];
  if (width) height = SWATCHES_HEIGHT;
  for (const drawing of drawingsIn(element)) {
    const size = sizeOf(drawing);
    const copy = drawing.cloneNode(true) as SVGSVGElement;
    for (const [name, value] of Object.entries({ x: 0, y: height, ...size, overflow: "visible" }))
      copy.setAttribute(name, String(value));
    copy.querySelectorAll(".oto-brush, [data-mark=tip]").forEach((part) => part.remove());
    content.appendChild(copy);
    height += size.height;
    width = Math.max(width, size.width);
  }
  return { content, width, height };
}

/** Add a square for each name of a colour in one line; returns its width, 0 where there are none. */
function addSwatches(content: SVGElement, element: Element): number {
  let x = 0;
  for (const swatch of element.querySelectorAll('[class*="-swatch"]:not([class*="-swatches"])')) {
    const name = swatch.textContent ?? "";
    const fill = swatch.querySelector("svg")?.getAttribute("fill") ?? "";
    content.appendChild(svg("rect", { x, y: 2, width: 11, height: 11, fill }));
    content.appendChild(svg("text", { x: x + 16, y: 11 })).textContent = name;
    x += 34 + name.length * 6.2;
  }
  return x;
}

const drawingsIn = (element: Element): SVGSVGElement[] =>
  [...element.querySelectorAll<SVGSVGElement>("svg")].filter(
    (drawing) => !drawing.closest('[class*="-swatches"]') && !drawing.parentElement?.closest("svg"),
  );

function sizeOf(drawing: SVGSVGElement): { width: number; height: number } {
  const { width, height } = drawing.viewBox.baseVal?.width ? drawing.viewBox.baseVal : drawing.getBoundingClientRect();
  return { width, height };
}
