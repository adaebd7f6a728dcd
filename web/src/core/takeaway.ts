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

/** The picture alone, on its surface, as wide as a printed page. */
export function standalone(svg: SVGSVGElement, look: Theme): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const { width, height } = sizeOf(svg);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("viewBox", `0 0 ${width} ${height}`);
  copy.setAttribute("width", `${PRINT_MM}mm`);
  copy.setAttribute("height", `${((PRINT_MM * height) / width).toFixed(2)}mm`);
  copy.setAttribute("font-family", FONT);
  copy.setAttribute("font-size", "10");
  copy.setAttribute("fill", "currentColor");
  copy.setAttribute("color", look.ink);
  const ground = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [name, value] of Object.entries({ width, height, fill: look.surface })) ground.setAttribute(name, String(value));
  copy.prepend(ground);
  return new XMLSerializer().serializeToString(copy);
}

export async function png(svg: SVGSVGElement, look: Theme): Promise<Blob> {
  const { width, height } = sizeOf(svg);
  const url = URL.createObjectURL(new Blob([standalone(svg, look)], { type: "image/svg+xml" }));
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

function sizeOf(svg: SVGSVGElement): { width: number; height: number } {
  const { width, height } = svg.viewBox.baseVal ?? svg.getBoundingClientRect();
  return width ? { width, height } : svg.getBoundingClientRect();
}
