// Drawing contexts: a canvas on the page, or an SVG for an exported picture.

export type DrawContext = Pick<
  CanvasRenderingContext2D,
  | "fillStyle"
  | "strokeStyle"
  | "globalAlpha"
  | "lineWidth"
  | "font"
  | "textAlign"
  | "textBaseline"
  | "imageSmoothingEnabled"
  | "fillRect"
  | "fillText"
  | "measureText"
  | "beginPath"
  | "moveTo"
  | "lineTo"
  | "fill"
  | "stroke"
  | "setLineDash"
  | "save"
  | "restore"
  | "translate"
  | "rotate"
> & { drawImage(image: HTMLCanvasElement, x: number, y: number, width: number, height: number): void };

export type Draw = (context: DrawContext, width: number, height: number) => void;

/** Functions that draw the content of an element again, for exported pictures. */
export const redrawers = new WeakMap<Element, Draw>();

const NAMESPACE = "http://www.w3.org/2000/svg";
const ANCHORS: Record<string, string> = { center: "middle", left: "start", start: "start", right: "end", end: "end" };
const ruler = typeof document === "object" ? document.createElement("canvas").getContext("2d") : null;

export function svg(name: string, attributes: Record<string, unknown> = {}): SVGElement {
  const element = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

/** A context that draws elements of an SVG. */
export class SvgContext implements DrawContext {
  fillStyle: DrawContext["fillStyle"] = "#000";
  strokeStyle: DrawContext["strokeStyle"] = "#000";
  globalAlpha = 1;
  lineWidth = 1;
  font = "10px sans-serif";
  textAlign: CanvasTextAlign = "start";
  textBaseline: CanvasTextBaseline = "alphabetic";
  imageSmoothingEnabled = true;
  private path = "";
  private dash = "";
  private transforms = "";
  private saved: string[] = [];

  constructor(private sheet: Element) {}

  fillRect(x: number, y: number, width: number, height: number): void {
    const box = { x: rounded(x), y: rounded(y), width: rounded(width), height: rounded(height) };
    this.add("rect", { ...box, fill: this.fillStyle, "fill-opacity": this.globalAlpha });
  }

  fillText(text: string, x: number, y: number): void {
    const [size] = /[\d.]+/.exec(this.font) ?? ["10"];
    const middle = this.textBaseline === "middle" ? 0.35 * Number(size) : 0;
    const place = { x: rounded(x), y: rounded(y + middle), "font-size": size, "text-anchor": ANCHORS[this.textAlign] };
    this.add("text", { ...place, fill: this.fillStyle }).textContent = text;
  }

  measureText(text: string): TextMetrics {
    ruler!.font = this.font;
    return ruler!.measureText(text);
  }

  drawImage(image: HTMLCanvasElement, x: number, y: number, width: number, height: number): void {
    const looks = this.imageSmoothingEnabled ? {} : { "image-rendering": "pixelated" };
    this.add("image", { x, y, width, height, preserveAspectRatio: "none", href: image.toDataURL(), ...looks });
  }

  beginPath(): void {
    this.path = "";
  }

  moveTo(x: number, y: number): void {
    this.path += `M${rounded(x)} ${rounded(y)}`;
  }

  lineTo(x: number, y: number): void {
    this.path += `L${rounded(x)} ${rounded(y)}`;
  }

  fill(): void {
    this.add("path", { d: this.path, fill: this.fillStyle, "fill-opacity": this.globalAlpha });
  }

  stroke(): void {
    const line = { stroke: this.strokeStyle, "stroke-width": this.lineWidth, "stroke-opacity": this.globalAlpha };
    this.add("path", { d: this.path, fill: "none", ...line, ...(this.dash && { "stroke-dasharray": this.dash }) });
  }

  setLineDash(segments: Iterable<number>): void {
    this.dash = [...segments].join(" ");
  }

  save(): void {
    this.saved.push(this.transforms);
  }

  restore(): void {
    this.transforms = this.saved.pop() ?? "";
  }

  translate(x: number, y: number): void {
    this.transforms += ` translate(${rounded(x)} ${rounded(y)})`;
  }

  rotate(angle: number): void {
    this.transforms += ` rotate(${rounded((180 * angle) / Math.PI)})`;
  }

  private add(name: string, attributes: Record<string, unknown>): SVGElement {
    return this.sheet.appendChild(
      svg(name, this.transforms ? { ...attributes, transform: this.transforms.trim() } : attributes),
    ) as SVGElement;
  }
}
