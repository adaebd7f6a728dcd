// The content of an element as one picture: pixels of maps as images; lines, labels and text as vectors.
import { redrawers, svg, SvgContext } from "./drawing";
import type { Picture } from "./sheet";

/** Elements that a picture omits: those that are switched off, and those for screen readers only. */
const OMITTED = ".oto-sr, svg, .oto-marks [aria-pressed=false], .oto-marks:not(:has([aria-pressed=true]))";
const PRINTED = "oto-printed"; // the class of an element while its picture is taken

/** The picture of an element at a width in pixels. The element has that width until the function returns. */
export function elementPicture(element: HTMLElement, pixels: number): Picture {
  element.classList.add(PRINTED);
  element.style.setProperty("--print-width", `${pixels}px`);
  try {
    const box = element.getBoundingClientRect();
    const content = svg("g");
    for (const part of partsOf(element)) content.appendChild(drawPart(part, box));
    for (const word of wordsIn(element, box)) content.appendChild(word);
    return { content, width: box.width, height: box.height };
  } finally {
    element.classList.remove(PRINTED);
    element.style.removeProperty("--print-width");
  }
}

/** Elements with a function that draws them again, and canvases and SVGs. */
const partsOf = (element: HTMLElement): Element[] =>
  [...element.querySelectorAll("*")].filter((part) => isDrawn(part) && part.getClientRects().length > 0);

const isDrawn = (part: Element): boolean =>
  redrawers.has(part) ||
  part instanceof HTMLCanvasElement ||
  (part.localName === "svg" && !part.parentElement!.closest(OMITTED));

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

/** All visible text, line by line, at its position. */
function wordsIn(element: HTMLElement, box: DOMRect): SVGElement[] {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const words: SVGElement[] = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement!;
    if (!node.textContent!.trim() || parent.closest(OMITTED) || !parent.getClientRects().length) continue;
    words.push(...linesOf(node as Text).map(({ text, place }) => word(text, place, box, parent)));
  }
  return words;
}

interface TextLine {
  text: string;
  place: DOMRect;
}

/** The lines of a text: words at one height, or all of a vertical text. */
function linesOf(node: Text): TextLine[] {
  const range = document.createRange();
  const lines: TextLine[] = [];
  for (const { 0: text, index } of node.data.matchAll(/\S+\s*/g)) {
    range.setStart(node, index);
    range.setEnd(node, index + text.trimEnd().length);
    const place = range.getBoundingClientRect();
    const last = lines.at(-1);
    const isSameLine = last && (isVertical(node.parentElement!) || Math.abs(last.place.bottom - place.bottom) < 2);
    if (isSameLine) Object.assign(last, { text: last.text + text, place: around(last.place, place) });
    else lines.push({ text, place });
  }
  return lines;
}

const around = (a: DOMRect, b: DOMRect): DOMRect => {
  const [left, top] = [Math.min(a.left, b.left), Math.min(a.top, b.top)];
  return new DOMRect(left, top, Math.max(a.right, b.right) - left, Math.max(a.bottom, b.bottom) - top);
};

const isVertical = (element: Element): boolean => getComputedStyle(element).writingMode.startsWith("vertical");

function word(text: string, place: DOMRect, box: DOMRect, parent: Element): SVGElement {
  const { fontSize, fontWeight, color } = getComputedStyle(parent);
  const looks = { "font-size": parseFloat(fontSize), "font-weight": fontWeight, fill: color };
  const [left, top] = [place.left - box.left, place.top - box.top];
  const where = isVertical(parent)
    ? { transform: `translate(${left + 0.25 * place.width} ${top}) rotate(90)` }
    : { x: left, y: top + 0.75 * place.height };
  const element = svg("text", { ...where, ...looks });
  element.textContent = text.trimEnd();
  return element;
}
