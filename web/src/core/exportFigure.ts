// Figures as files: SVG at print size, PNG with 300 pixels per inch.
import type { Theme } from "./colour";
import { redrawers, SvgContext, svg } from "./drawing";

const PRINT_MM = 178; // two columns
const PIXELS_PER_INCH = 300;
const FONT = "DejaVu Sans, Helvetica, Arial, sans-serif";

/** The parts of a figure: drawings, one below the other, and the names of its colours. */
export interface Picture {
  drawings: SVGSVGElement[];
  swatches: [name: string, colour: string][];
}

/** The picture in an element. */
export function pictureIn(element: HTMLElement): Picture {
  const inner = element.querySelectorAll<SVGSVGElement>("svg");
  const drawings = [...inner].filter(
    (svg) => !svg.closest('[class*="-swatches"]') && !svg.parentElement?.closest("svg"),
  );
  const swatches = [...element.querySelectorAll<HTMLElement>('[class*="-swatch"]:not([class*="-swatches"])')].map(
    (swatch): [string, string] => [swatch.textContent ?? "", swatch.querySelector("svg")?.getAttribute("fill") ?? ""],
  );
  return { drawings, swatches };
}

export interface Sheet {
  text: string;
  width: number;
  height: number;
}

/** A picture on its background, as wide as a printed page. */
export function standalone({ drawings, swatches }: Picture, look: Theme): Sheet {
  const sheet = svg("svg");
  const ground = sheet.appendChild(svg("rect", { fill: look.surface, width: "100%", height: "100%" }));
  let height = swatches.length ? 24 : 0;
  let x = 8;
  for (const [name, colour] of swatches) {
    sheet.appendChild(svg("rect", { x, y: 6, width: 11, height: 11, fill: colour }));
    sheet.appendChild(svg("text", { x: x + 16, y: 15 })).textContent = name;
    x += 34 + name.length * 6.2;
  }
  const width = Math.max(x, ...drawings.map((drawing) => sizeOf(drawing).width));
  for (const drawing of drawings) {
    const copy = drawing.cloneNode(true) as SVGSVGElement;
    for (const [name, value] of Object.entries({ x: 0, y: height, ...sizeOf(drawing), overflow: "visible" }))
      copy.setAttribute(name, String(value));
    copy.querySelectorAll(".oto-brush, [data-mark=tip]").forEach((part) => part.remove());
    sheet.appendChild(copy);
    height += sizeOf(drawing).height;
  }
  ground.setAttribute("height", String(height));
  return formatForPrint(sheet, width, height, look);
}

function formatForPrint(sheet: SVGElement, width: number, height: number, look: Theme): Sheet {
  const print = { width: `${PRINT_MM}mm`, height: `${((PRINT_MM * height) / width).toFixed(2)}mm` };
  const looks = {
    "font-family": FONT,
    "font-size": 10,
    fill: look.ink,
    color: look.ink,
    xmlns: "http://www.w3.org/2000/svg",
  };
  for (const [name, value] of Object.entries({ ...print, ...looks, viewBox: `0 0 ${width} ${height}` }))
    sheet.setAttribute(name, String(value));
  return { text: new XMLSerializer().serializeToString(sheet), width, height };
}

export async function png({ text, width, height }: Sheet): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = Math.round((PRINT_MM / 25.4) * PIXELS_PER_INCH);
    canvas.height = Math.round((canvas.width * height) / width);
    canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await pixels(canvas);
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** The content of an element: pixels of maps as images; lines, labels and text as vectors. */
export function composeSheet(element: HTMLElement, look: Theme): Sheet {
  const box = element.getBoundingClientRect();
  const sheet = svg("svg");
  sheet.appendChild(svg("rect", { fill: look.surface, width: "100%", height: "100%" }));
  for (const part of partsOf(element)) sheet.appendChild(drawPart(part, box));
  for (const word of wordsIn(element, box)) sheet.appendChild(word);
  return formatForPrint(sheet, box.width, box.height, look);
}

/** Elements that a picture omits: those that are switched off, and those for screen readers only. */
const OMITTED = ".oto-sr, svg, .oto-marks [aria-pressed=false]";

/** Elements with a function that draws them again, and canvases and SVGs. */
const partsOf = (element: HTMLElement): Element[] =>
  [...element.querySelectorAll("*")].filter(
    (part) =>
      redrawers.has(part) ||
      part instanceof HTMLCanvasElement ||
      (part.localName === "svg" && !part.parentElement!.closest(OMITTED)),
  );

function drawPart(part: Element, box: DOMRect): SVGElement {
  const { left, top, width, height } = part.getBoundingClientRect();
  const place = svg("svg", { x: left - box.left, y: top - box.top, width, height, viewBox: `0 0 ${width} ${height}` });
  const context = new SvgContext(place);
  const draw = redrawers.get(part);
  context.imageSmoothingEnabled = false;
  if (draw) draw(context, width, height);
  else if (part.localName === "svg") place.append(...part.cloneNode(true).childNodes);
  else context.drawImage(part as HTMLCanvasElement, 0, 0, width, height);
  return place;
}

/** All visible text, at its position. */
function wordsIn(element: HTMLElement, box: DOMRect): SVGElement[] {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const words: SVGElement[] = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement!;
    if (!node.textContent!.trim() || parent.closest(OMITTED)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const { left, bottom, height } = range.getBoundingClientRect();
    const { fontSize, fontWeight, color } = getComputedStyle(parent);
    const place = { x: left - box.left, y: bottom - box.top - 0.25 * height };
    const word = svg("text", { ...place, "font-size": parseFloat(fontSize), "font-weight": fontWeight, fill: color });
    word.textContent = node.textContent;
    words.push(word);
  }
  return words;
}

function pixels(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the picture is too large"))), "image/png"),
  );
}

export function save(content: Blob | string, name: string): void {
  const blob = typeof content === "string" ? new Blob([content], { type: "text/plain" }) : content;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name.replace(/[^\w.-]+/g, "-").toLowerCase();
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function sizeOf(drawing: SVGSVGElement): { width: number; height: number } {
  const { width, height } = drawing.viewBox.baseVal?.width ? drawing.viewBox.baseVal : drawing.getBoundingClientRect();
  return { width, height };
}
