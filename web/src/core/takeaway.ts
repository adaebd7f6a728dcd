// Pictures and tables as files: vector at print size, pixels at 300 per inch, numbers as CSV.
import type { Theme } from "./colour";

const PRINT_MM = 178; // two columns
const PIXELS_PER_INCH = 300;
const FONT = "DejaVu Sans, Helvetica, Arial, sans-serif";

export function csv(rows: Record<string, unknown>[]): string {
  const names = Object.keys(rows[0] ?? {});
  const cell = (value: unknown) => {
    const text = value === null || value === undefined || Number.isNaN(value) ? "" : String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [names.join(","), ...rows.map((row) => names.map((name) => cell(row[name])).join(","))].join("\n") + "\n";
}

/** A picture as it stands on the page: its drawings one under another, and the names of its colours. */
export interface Picture {
  drawings: SVGSVGElement[];
  swatches: [name: string, colour: string][];
}

/** What stands in a figure. */
export function pictureIn(place: HTMLElement): Picture {
  const inner = place.querySelectorAll<SVGSVGElement>("svg");
  const drawings = [...inner].filter((svg) => !svg.closest('[class*="-swatches"]') && !svg.parentElement?.closest("svg"));
  const swatches = [...place.querySelectorAll<HTMLElement>('[class*="-swatch"]:not([class*="-swatches"])')].map(
    (one): [string, string] => [one.textContent ?? "", one.querySelector("svg")?.getAttribute("fill") ?? ""],
  );
  return { drawings, swatches };
}

interface Sheet {
  text: string;
  width: number;
  height: number;
}

/** The picture alone, on its surface, as wide as a printed page. */
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
    copy.querySelectorAll(".brush, [aria-label=tip]").forEach((part) => part.remove());
    sheet.appendChild(copy);
    height += sizeOf(drawing).height;
  }
  ground.setAttribute("height", String(height));
  const print = { width: `${PRINT_MM}mm`, height: `${((PRINT_MM * height) / width).toFixed(2)}mm` };
  const looks = { "font-family": FONT, "font-size": 10, fill: look.ink, color: look.ink, xmlns: "http://www.w3.org/2000/svg" };
  for (const [name, value] of Object.entries({ ...print, ...looks, viewBox: `0 0 ${width} ${height}` }))
    sheet.setAttribute(name, String(value));
  return { text: new XMLSerializer().serializeToString(sheet), width, height };
}

export async function png(picture: Picture, look: Theme): Promise<Blob> {
  const { text, width, height } = standalone(picture, look);
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

/** All canvases within an element as one, as they stand, at print resolution. */
export function composed(element: HTMLElement, look: Theme): HTMLCanvasElement {
  const box = element.getBoundingClientRect();
  const sheet = document.createElement("canvas");
  sheet.width = Math.round((PRINT_MM / 25.4) * PIXELS_PER_INCH);
  const scale = sheet.width / box.width;
  sheet.height = Math.round(box.height * scale);
  const context = sheet.getContext("2d")!;
  context.fillStyle = look.surface;
  context.fillRect(0, 0, sheet.width, sheet.height);
  for (const canvas of canvasesIn(element)) {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    context.imageSmoothingEnabled = !canvas.classList.contains("heat");
    const within = Math.max(0, Math.min(width, box.right - left));
    if (within) context.drawImage(canvas, (left - box.left) * scale, (top - box.top) * scale, width * scale, height * scale);
  }
  return sheet;
}

function canvasesIn(element: HTMLElement): HTMLCanvasElement[] {
  const shadows = [...element.querySelectorAll("*")].flatMap((one) => (one.shadowRoot ? [...one.shadowRoot.querySelectorAll("canvas")] : []));
  return [...shadows, ...element.querySelectorAll("canvas")];
}

/** A picture of pixels as an SVG of print size. */
export function wrapped(canvas: HTMLCanvasElement): Blob {
  const height = (PRINT_MM * canvas.height) / canvas.width;
  const open = `<svg xmlns="http://www.w3.org/2000/svg" width="${PRINT_MM}mm" height="${height.toFixed(2)}mm" viewBox="0 0 ${canvas.width} ${canvas.height}">`;
  const image = `<image width="${canvas.width}" height="${canvas.height}" href="${canvas.toDataURL()}"/>`;
  return new Blob([`${open}${image}</svg>`], { type: "image/svg+xml" });
}

function svg(name: string, attributes: Record<string, unknown> = {}): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

export function pixels(canvas: HTMLCanvasElement): Promise<Blob> {
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
